package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"truceledger/eventstore"
)

// flagError says which flag was meant where one is unknown, as far as one can guess.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return err
	}
	if meant := flagMeant(c, unknown.GetSpecifiedName()); meant != "" {
		return fmt.Errorf("%w (did you mean --%s?)", err, meant)
	}
	return err
}

// flagMeant is the one flag of a verb that a name begins or that is a slip away from it, "" where there is none.
func flagMeant(c *cobra.Command, name string) string {
	var names, longer []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		names = append(names, f.Name)
		if strings.HasPrefix(f.Name, name) {
			longer = append(longer, f.Name)
		}
	})
	if len(longer) == 1 {
		return longer[0]
	}
	return eventstore.Nearest(name, names)
}
