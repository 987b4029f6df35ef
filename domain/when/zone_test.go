package when_test

import (
	"archive/zip"
	"go/build"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"truceledger/domain/when"
)

func TestLoadZone(t *testing.T) {
	noon := utc("2016-05-04T12:00:00Z")
	for name, want := range map[string]string{
		"Asia/Damascus": "+03:00", "Europe/Moscow": "+03:00", "Asia/Kathmandu": "+05:45", "Africa/Juba": "+03:00",
		"America/Argentina/Buenos_Aires": "-03:00", "America/Port-au-Prince": "-05:00", "Etc/GMT+5": "-05:00",
		"UTC": "+00:00", "+00:00": "+00:00", "-09:30": "-09:30", "+14:00": "+14:00", "-14:00": "-14:00",
	} {
		zone, err := when.LoadZone(name)
		if err != nil {
			t.Errorf("%s: got refusal %v", name, err)
			continue
		}
		if got := noon.In(zone).Format("-07:00"); got != want || zone.String() != name {
			t.Errorf("%s: got %s named %q, want %s", name, got, zone, want)
		}
		if again, _ := when.LoadZone(name); again != zone {
			t.Errorf("%s: got another zone the second time", name)
		}
	}
	if zone, _ := when.LoadZone("UTC"); zone != time.UTC {
		t.Errorf("got %p for UTC, want time.UTC", zone)
	}
}

func TestLoadZoneRefuses(t *testing.T) {
	for _, name := range []string{
		"", "Local", "local", "utc", "Z", "Factory", "asia/damascus", "ASIA/DAMASCUS", "Asia/damascus", "Asia/Aleppo", "Asia", "Asia/",
		"/Asia/Damascus", "./Asia/Damascus", "Asia//Damascus", "Asia/./Damascus", "Asia/../Asia/Damascus", "../zoneinfo/Asia/Damascus",
		`Asia\Damascus`, "Asia/Damascus ", " Asia/Damascus", "Asia/Damascus\x00", "Asia/Damascus\nUTC", "Asia/Damascus\n", "\n",
		"posix/Asia/Damascus", "right/Asia/Damascus", "posixrules", "localtime", "zone.tab", "/etc/passwd",
		"+", "-", "+3", "+03", "+0300", "+3:00", "+03:60", "+14:01", "-14:01", "+24:00", "-00:00", "+03:00:00", "+03:00 ", "−03:00", "UTC+3", "+٠٣:٠٠",
	} {
		zone, err := when.LoadZone(name)
		if zone != nil {
			t.Errorf("%q: got a zone", name)
		}
		checkRefusal(t, err, "zone", "")
	}
}

// TestZoneNames: zones.txt must follow the Go release, so that nobody is refused a new zone, and none is listed that
// a bare machine could not load. To renew it, write out the names that this test reads.
func TestZoneNames(t *testing.T) {
	archive, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatalf("the Go installation must hold its zones: %v", err)
	}
	defer archive.Close()
	var want []string
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, "/") && file.Name != "Factory" {
			want = append(want, file.Name)
		}
	}
	slices.Sort(want)
	if got := zoneNames(t); !slices.Equal(got, want) {
		t.Errorf("zones.txt has %d names, the Go release %d: renew it", len(got), len(want))
	}
}

func TestEveryListedZoneLoads(t *testing.T) {
	for _, name := range zoneNames(t) {
		if _, err := when.LoadZone(name); err != nil {
			t.Error(err)
		}
	}
}

func zoneNames(t interface{ Fatal(...any) }) []string {
	text, err := os.ReadFile("zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}
