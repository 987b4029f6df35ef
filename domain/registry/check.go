package registry

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"truceledger/domain"
)

// languageTag is the shape of a BCP 47 tag: a language of two or three letters, then subtags. Whether the subtags are
// registered is not asked, for new ones are.
var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,8}$`)

// checkNames refuses names under something that is no language, and empty ones, which would show a blank page.
func checkNames(names map[string]string) error {
	for _, tag := range slices.Sorted(maps.Keys(names)) { // sorted: the same command gets the same answer
		if !languageTag.MatchString(tag) {
			return domain.Field("names", "%.60q is not a language: give a BCP 47 tag such as ar, en or zh-Hant", tag)
		}
		if strings.TrimSpace(names[tag]) == "" {
			return domain.Field("names."+tag, "is empty: give the name in that language, or leave the language out")
		}
	}
	return nil
}

// checkURL refuses what a page could not safely link to, such as javascript:.
func checkURL(url string) error {
	_, rest, found := strings.Cut(url, "://")
	secure, plain := strings.HasPrefix(url, "https://"), strings.HasPrefix(url, "http://")
	switch {
	case url == "":
		return nil
	case !found || !secure && !plain || rest == "" || rest[0] == '/':
		return domain.Field("url", "%.60q is no address of a page: begin it with https:// or http://", url)
	case strings.ContainsFunc(url, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return domain.Field("url", "%.60q has a blank in it: write it as %%20", url)
	}
	return nil
}

// checkPoint refuses what is no longitude and latitude in degrees.
func checkPoint(point []float64) error {
	switch {
	case len(point) == 0:
		return nil
	case len(point) != 2:
		return domain.Field("point", "has %d numbers: give two, longitude and latitude in degrees", len(point))
	}
	return checkPosition("point", point[0], point[1])
}

// checkPosition refuses degrees off the globe. Latitude and longitude that were swapped often show here.
func checkPosition(path string, longitude, latitude float64) error {
	switch {
	case math.IsNaN(longitude) || math.Abs(longitude) > 180:
		return domain.Field(path, "has the longitude %v: it comes first, from -180 to 180", longitude)
	case math.IsNaN(latitude) || math.Abs(latitude) > 90:
		return domain.Field(path, "has the latitude %v: it comes second, from -90 to 90", latitude)
	}
	return nil
}
