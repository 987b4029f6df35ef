package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"truceledger/domain"
	"truceledger/eventstore"
)

// commandVerbs makes one verb for each command of the ledger. Everything about them follows from the commands' structs.
func (p *program) commandVerbs() []*cobra.Command {
	var verbs []*cobra.Command
	for _, name := range eventstore.Verbs() {
		verbs = append(verbs, p.commandVerb(name))
	}
	return verbs
}

func (p *program) commandVerb(name string) *cobra.Command {
	f := &commandFlags{verb: name, id: idField(name), inputs: map[string]*input{}}
	about := aboutVerb(name)
	c := &cobra.Command{
		Use:     fmt.Sprintf("%s [%s]", name, f.idWord()),
		Short:   about.short,
		Long:    about.short + ".\n\n" + commandNotes,
		Example: "  " + strings.ReplaceAll(about.example, "\n", "\n  "),
		GroupID: commandGroup(name),
		Args:    cobra.MaximumNArgs(1),
	}
	f.register(c)
	out := p.outputFlag(c)
	p.clientFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := f.addressed(args); err != nil {
			return err
		}
		body, err := f.body(p, c, args)
		if err != nil {
			return err
		}
		return p.send(c.Context(), name, body, *out)
	}
	return c
}

const commandNotes = `A time is an instant (2016-05-05T00:01+03:00), a local time with its zone flag (--from 2016-05-05T00:01
--from-zone Asia/Damascus), a day, month or year, or two of them joined by "/"; its phrase flag keeps the source's words.
A list repeats its flag. A compound value is name=value,name=value or a JSON object. With -f FILE the whole command comes
from a YAML or JSON file.

A file that is sent again, here or by truce apply, stores nothing twice: without command_id its content tells which command it is.
Flags are a new command each time that they are given, because two equal incidents may be two; --command-id or --incident and the
like tell the ledger that it is the same one.`

// commandGroup is the group of a verb in the help.
func commandGroup(name string) string {
	c, _ := eventstore.NewCommand(name)
	switch c.Target().Kind {
	case domain.KindCeasefire:
		return groupCeasefire
	case domain.KindActor, domain.KindPlace, domain.KindSource, "":
		return groupRegister
	}
	return groupReport
}

// commandFlags are the flags of one command.
type commandFlags struct {
	verb   string
	id     string // the field of the addressed record's id
	fields []field
	inputs map[string]*input // by flag
	file   string
}

func (f *commandFlags) idWord() string {
	if f.id == "record" {
		return "KIND/ID"
	}
	return strings.ToUpper(f.id)
}

// register declares the flags. Where a command has a field "source" of its own, the sources that it cites are --sources.
func (f *commandFlags) register(c *cobra.Command) {
	c.Flags().SortFlags = false
	f.fields = commandFields(f.verb)
	own := slices.ContainsFunc(f.fields, func(f field) bool { return f.name() == "source" })
	for _, fd := range f.fields {
		in := newInput(fd)
		c.Flags().Var(in, fd.flag(), describe(fd))
		f.inputs[fd.flag()] = in
		if fd.typ == whenType {
			f.aside(c, fd, "zone", "The zone of --"+fd.flag()+", such as Asia/Damascus.")
			f.aside(c, fd, "phrase", "The source's own words for --"+fd.flag()+".")
		}
		if fd.name() == "sources" && !own {
			c.Flags().Var(in, "source", describe(fd)) // what the contract calls it; --sources stays, unseen
			_ = c.Flags().MarkHidden("sources")
		}
		completeValues(c, fd)
	}
	c.Flags().StringVarP(&f.file, "file", "f", "", "Read the whole command from a YAML or JSON `FILE`, - for standard input; no other field may be given then.")
}

// aside declares the flag of a part of a time.
func (f *commandFlags) aside(c *cobra.Command, of field, part, doc string) {
	in := &input{typ: sourceRefType.Field(0).Type, word: part}
	if part == "phrase" {
		in.word = "text"
	}
	c.Flags().Var(in, of.flag()+"-"+part, doc)
	f.inputs[of.flag()+"-"+part] = in
}

// describe is a field's help.
func describe(f field) string {
	text := f.doc
	t := f.typ
	free := func(v string) bool { return !strings.Contains(text, v) }
	if v := values(t); slices.ContainsFunc(v, free) {
		text += " One of " + strings.Join(v, ", ") + "."
	}
	if len(f.usual) > 0 {
		text += " Usual are " + strings.Join(f.usual, ", ") + "; another word is counted apart."
	}
	if item := itemOf(t); item.Kind() == reflect.Struct && item != whenType && item != sourceRefType {
		text += " Of " + strings.Join(names(structFields(item)), ", ") + "."
	}
	switch {
	case f.required && f.within != "":
		text += " Required where another part of " + f.within + " is given."
	case f.required:
		text += " Required."
	}
	return text
}

// itemOf is the type of a list's items, or the type itself.
func itemOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

// completeValues lets shells complete what a field may hold.
func completeValues(c *cobra.Command, f field) {
	if v := append(values(f.typ), f.usual...); len(v) > 0 {
		_ = c.RegisterFlagCompletionFunc(f.flag(), cobra.FixedCompletions(v, cobra.ShellCompDirectiveNoFileComp))
	} else {
		_ = c.RegisterFlagCompletionFunc(f.flag(), cobra.NoFileCompletions)
	}
}

// body makes the command's JSON of the flags, or of the file.
func (f *commandFlags) body(p *program, c *cobra.Command, args []string) ([]byte, error) {
	if f.file != "" {
		if given := f.given(); len(args) > 0 || len(given) > 0 {
			return nil, usage("-f reads the whole command from %s: leave out %s, or write it into the file", f.file, strings.Join(append(args, given...), ", "))
		}
		return p.oneDocument(f.file, f.verb)
	}
	object := f.object()
	if len(args) == 1 {
		id := strings.TrimPrefix(args[0], f.id+"/")
		if had, twice := object[f.id]; twice && had != id {
			return nil, usage("the %s is given twice, as %q and as --%s %q: give it once", f.id, id, f.id, had)
		}
		object[f.id] = id
	}
	return json.Marshal(object)
}

// addressed refuses a command that needs a record and names none, before anything else that it lacks.
func (f *commandFlags) addressed(args []string) error {
	required := slices.ContainsFunc(f.fields, func(fd field) bool { return fd.required && fd.name() == f.id })
	if !required || f.file != "" || len(args) > 0 || f.inputs[f.id].value != nil {
		return nil
	}
	return usage("%s: name the %s first: truce %s %s; truce %s --help tells more", f.verb, f.id, f.verb, f.idWord(), f.verb)
}

// given lists the flags that were given, in the order of their declaration.
func (f *commandFlags) given() []string {
	var flags []string
	for _, fd := range f.fields {
		for _, name := range []string{fd.flag(), fd.flag() + "-zone", fd.flag() + "-phrase"} {
			if in := f.inputs[name]; in != nil && in.value != nil {
				flags = append(flags, "--"+name)
			}
		}
	}
	return flags
}

// object puts what was given where the fields' paths say.
func (f *commandFlags) object() map[string]any {
	object := map[string]any{}
	for _, fd := range f.fields {
		v := f.inputs[fd.flag()].value
		if fd.typ == whenType {
			v = f.moment(fd)
		}
		if v != nil {
			put(object, fd.path, v)
		}
	}
	return object
}

// moment is a time with its zone and phrase, nil where nothing was given.
func (f *commandFlags) moment(fd field) any {
	parts := map[string]any{}
	for part, flag := range map[string]string{"at": fd.flag(), "zone": fd.flag() + "-zone", "phrase": fd.flag() + "-phrase"} {
		if v := f.inputs[flag].value; v != nil {
			parts[part] = v
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return parts
}

func put(object map[string]any, path []string, v any) {
	for len(path) > 1 {
		inner, ok := object[path[0]].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[path[0]] = inner
		}
		object, path = inner, path[1:]
	}
	object[path[0]] = v
}

// send sends one command and says what came of it.
func (p *program) send(ctx context.Context, verb string, body []byte, out string) error {
	client, err := p.client()
	if err != nil {
		return err
	}
	a, err := client.Send(ctx, verb, body)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	if !a.Replayed {
		p.hint(verb, body, a.Events)
	}
	if out == outputJSON {
		return p.printJSON(a.Accepted)
	}
	word := "recorded"
	if a.Replayed {
		word = "on the record already:"
	}
	_, err = fmt.Fprintf(p.stdout, "%s %s at %d (%s)\n", word, visible(a.Record), a.Sequence, visible(strings.Join(eventTypes(a.Events), ", ")))
	return err
}

// eventTypes are the names of the events that followed from a command.
func eventTypes(events []json.RawMessage) []string {
	var types []string
	for _, raw := range events {
		var e struct{ Type string }
		_ = json.Unmarshal(raw, &e)
		types = append(types, e.Type)
	}
	return types
}
