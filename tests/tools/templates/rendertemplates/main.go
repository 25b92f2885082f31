// Command rendertemplates renders templates as the Bitnami controller does: each line of its input
// is {"template": …, "data": {…}} with all texts in base64, each line of its output what came of it.
//
// With the argument "functions" it lists the names of the functions that it knows, built-in ones
// aside.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type request struct {
	Template []byte            `json:"template"`
	Data     map[string][]byte `json:"data"`
}

type answer struct {
	Output []byte `json:"output"`
	Error  string `json:"error"`
}

var functions template.FuncMap = sprig.GenericFuncMap()

func init() {
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
}

func render(asked request) (given answer) {
	defer func() {
		if panicked := recover(); panicked != nil {
			given = answer{Error: fmt.Sprint("panic: ", panicked)}
		}
	}()
	data := map[string]string{}
	for key, value := range asked.Data {
		data[key] = string(value)
	}
	parsed, err := template.New("item").Funcs(functions).Parse(string(asked.Template))
	if err != nil {
		return answer{Error: err.Error()}
	}
	var written bytes.Buffer
	if err := parsed.Execute(&written, data); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Output: written.Bytes()}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if len(os.Args) > 1 && os.Args[1] == "functions" {
		names := []string{}
		for name := range functions {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Fprintln(out, name)
		}
		return
	}
	lines := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(out)
	for lines.More() {
		var asked request
		if err := lines.Decode(&asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		if err := answers.Encode(render(asked)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
