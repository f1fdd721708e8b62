// Command cel-go answers what Kubernetes makes of expressions in CEL: its own environment, libraries
// and cost rules around cel-go. It reads a JSON document from standard input
// and writes one answer per expression.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/version"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type question struct {
	Schema      apiextensionsv1.JSONSchemaProps `json:"schema"`
	Self        json.RawMessage                 `json:"self"`
	Any         json.RawMessage                 `json:"any"`
	Expressions []string                        `json:"expressions"`
	CostLimit   uint64                          `json:"costLimit"`
}

type answer struct {
	Expression string `json:"expression"`
	// Of the compiler.
	Fault string `json:"fault,omitempty"`
	Type  string `json:"type,omitempty"`
	Value string `json:"value,omitempty"`
	// Of the evaluation.
	Error    string `json:"error,omitempty"`
	Cost     uint64 `json:"cost"`
	Estimate uint64 `json:"estimate"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return err
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&asked.Schema, &internal, nil); err != nil {
		return err
	}
	structural, err := schema.NewStructural(&internal)
	if err != nil {
		return err
	}
	declared := model.SchemaDeclType(structural, true).MaybeAssignTypeName("selfType")
	extended, err := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion(), true).Extend(environment.VersionedOptions{
		IntroducedVersion: version.MajorMinor(1, 0),
		EnvOptions:        []cel.EnvOption{cel.Variable("self", declared.CelType()), cel.Variable("any", cel.DynType)},
		DeclTypes:         []*apiservercel.DeclType{declared},
	})
	if err != nil {
		return err
	}
	env := extended.NewExpressionsEnv()
	var self, any interface{}
	if err := utiljson.Unmarshal(asked.Self, &self); err != nil {
		return err
	}
	if err := utiljson.Unmarshal(asked.Any, &any); err != nil {
		return err
	}
	bound := map[string]interface{}{
		"self": common.UnstructuredToVal(self, &model.Structural{Structural: model.WithTypeAndObjectMeta(structural)}),
		"any":  any,
	}
	sizes := &sizes{root: declared}
	answers := make([]answer, 0, len(asked.Expressions))
	for _, expression := range asked.Expressions {
		answers = append(answers, judge(env, expression, bound, sizes, asked.CostLimit))
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func judge(env *cel.Env, expression string, bound map[string]interface{}, sizes *sizes, limit uint64) (found answer) {
	found.Expression = expression
	defer func() {
		if fault := recover(); fault != nil {
			found.Error = fmt.Sprintf("panic: %v", fault)
		}
	}()
	ast, issues := env.Compile(expression)
	if issues != nil && issues.Err() != nil {
		found.Fault = issues.String()
		return found
	}
	found.Type = ast.OutputType().String()
	if estimate, err := env.EstimateCost(ast, &library.CostEstimator{SizeEstimator: sizes}); err == nil {
		found.Estimate = estimate.Max
	}
	program, err := env.Program(ast,
		cel.CostLimit(limit),
		cel.CostTracking(&library.CostEstimator{}),
		cel.InterruptCheckFrequency(100),
	)
	if err != nil {
		found.Fault = "program: " + err.Error()
		return found
	}
	value, details, err := program.Eval(bound)
	if details != nil && details.ActualCost() != nil {
		found.Cost = *details.ActualCost()
	}
	if err != nil {
		found.Error = err.Error()
		return found
	}
	found.Value = shown(value)
	return found
}

// The sizes that the schema allows.
type sizes struct{ root *apiservercel.DeclType }

func (s *sizes) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	path := node.Path()
	if len(path) == 0 || path[0] != "self" {
		return nil
	}
	current := s.root
	for _, step := range path[1:] {
		switch step {
		case "@items", "@values":
			current = current.ElemType
		case "@keys":
			current = current.KeyType
		default:
			if current.Fields == nil {
				return nil
			}
			field, ok := current.Fields[step]
			if !ok {
				return nil
			}
			current = field.Type
		}
		if current == nil {
			return nil
		}
	}
	return &checker.SizeEstimate{Min: 0, Max: uint64(current.MaxElements)}
}

func (s *sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

// A value in a form that two languages can agree on.
func shown(value ref.Val) string {
	switch v := value.(type) {
	case types.Null:
		return "null"
	case types.Bool:
		return strconv.FormatBool(bool(v))
	case types.Int:
		return strconv.FormatInt(int64(v), 10)
	case types.Uint:
		return strconv.FormatUint(uint64(v), 10) + "u"
	case types.Double:
		return "double " + strconv.FormatFloat(float64(v), 'e', -1, 64)
	case types.String:
		return "'" + string(v) + "'"
	case types.Bytes:
		return fmt.Sprintf("bytes %x", []byte(v))
	case types.Duration:
		return fmt.Sprintf("duration %d", v.Duration.Nanoseconds())
	case types.Timestamp:
		return fmt.Sprintf("timestamp %d.%09d", v.Time.Unix(), v.Time.Nanosecond())
	case *types.Optional:
		if !v.HasValue() {
			return "none"
		}
		return "some(" + shown(v.GetValue()) + ")"
	case *types.Type:
		return "type " + v.TypeName()
	case traits.Lister:
		items := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, shown(it.Next()))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case traits.Mapper:
		entries := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, shown(key)+": "+shown(v.Get(key)))
		}
		sort.Strings(entries)
		return "{" + strings.Join(entries, ", ") + "}"
	default:
		return "a " + value.Type().TypeName()
	}
}
