"""Parameters and expressions: the text of ``spec.yaml``, and the whole message."""

LAYERS = "input: [3, 8, 8]\nlayers:\n"

SPECS = {
    "unknown parameter": (
        ("parameters: {width: 4}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- a: {conv: 2 * widht}\n"),
        "spec.yaml:4:13: a: unknown name 'widht'; did you mean 'width'?\n"
        "  - a: {conv: 2 * widht}\n"
        "              ^"),
    "no parameters": (
        LAYERS + "- a: {conv: width}\n",
        "spec.yaml:3:13: a: unknown name 'width'; known here: no parameters\n"
        "  - a: {conv: width}\n"
        "              ^"),
    "circular parameters": (
        ("parameters: {a: b + 1, b: 2 * c, c: a}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:17: parameters depend on each other in a circle: a → b → c → a\n"
        "  parameters: {a: b + 1, b: 2 * c, c: a}\n"
        "                  ^"),
    "parameter of itself": (
        ("parameters: {a: a + 1}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:17: parameters depend on each other in a circle: a → a\n"
        "  parameters: {a: a + 1}\n"
        "                  ^"),
    "parameter without a value": (
        ("parameters: {a: }\n"
         "input: [a, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:17: parameter 'a' has no value\n"
        "  parameters: {a: }\n"
        "                  ^"),
    "parameter that is a mapping": (
        ("parameters: {a: {b: 1}}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:17: expected a value, found a mapping\n"
        "  parameters: {a: {b: 1}}\n"
        "                  ^"),
    "parameter called override": (
        ("parameters: {override: 1}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:14: 'override' cannot name a parameter: it is a word of the language\n"
        "  parameters: {override: 1}\n"
        "               ^"),
    "parameter called lambda": (
        ("parameters: {lambda: 1}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:14: 'lambda' cannot name a parameter: it is a word of the language\n"
        "  parameters: {lambda: 1}\n"
        "               ^"),
    "parameter of two words": (
        ("parameters: {my width: 1}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:14: 'my width' cannot name a parameter: it is not a word of letters, digits and _\n"
        "  parameters: {my width: 1}\n"
        "               ^"),
    "parameters that are a list": (
        ("parameters: [a, b]\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:13: 'parameters' must be a mapping, found a list of 2\n"
        "  parameters: [a, b]\n"
        "              ^"),
    "division by zero": (
        ("parameters: {n: 0}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- a: {conv: 8 / n}\n"),
        "spec.yaml:4:13: a: division by zero in '8 / n'\n"
        "  - a: {conv: 8 / n}\n"
        "              ^"),
    "division by zero in a parameter": (
        ("parameters: {n: 0, m: 8 // n}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- relu\n"),
        "spec.yaml:1:23: division by zero in '8 // n'\n"
        "  parameters: {n: 0, m: 8 // n}\n"
        "                        ^"),
    "broken expression": (
        LAYERS + "- a: {conv: 2 *}\n",
        "spec.yaml:3:13: a: '2 *' is not an expression\n"
        "  - a: {conv: 2 *}\n"
        "              ^"),
    "unknown function": (
        LAYERS + "- a: {conv: sqrt(9)}\n",
        "spec.yaml:3:13: a: unknown function 'sqrt'; there are floor, ceil, round, abs, min, max, "
        "sum, divisible and len\n"
        "  - a: {conv: sqrt(9)}\n"
        "              ^"),
    "function misspelt": (
        LAYERS + "- a: {conv: cell(9 / 2)}\n",
        "spec.yaml:3:13: a: unknown function 'cell'; did you mean 'ceil'?\n"
        "  - a: {conv: cell(9 / 2)}\n"
        "              ^"),
    "import": (
        LAYERS + "- a: {conv: \"__import__('os').getpid()\"}\n",
        "spec.yaml:3:13: a: \"__import__('os').getpid()\" is not allowed in an expression; it has "
        "numbers, parameters, lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, "
        "round, abs, min, max, sum, divisible and len\n"
        "  - a: {conv: \"__import__('os').getpid()\"}\n"
        "              ^"),
    "attribute": (
        ("parameters: {n: 1}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- a: {conv: n.real}\n"),
        "spec.yaml:4:13: a: 'n.real' is not allowed in an expression; it has numbers, parameters, "
        "lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, round, abs, min, max, sum, "
        "divisible and len\n"
        "  - a: {conv: n.real}\n"
        "              ^"),
    "lambda": (
        LAYERS + '- a: {conv: "(lambda: 3)()"}\n',
        "spec.yaml:3:13: a: '(lambda: 3)()' is not allowed in an expression; it has numbers, "
        "parameters, lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, round, abs, "
        "min, max, sum, divisible and len\n"
        '  - a: {conv: "(lambda: 3)()"}\n'
        "              ^"),
    "comprehension": (
        LAYERS + '- a: {conv: "sum([i for i in [1, 2]])"}\n',
        "spec.yaml:3:13: a: '[i for i in [1, 2]]' is not allowed in an expression; it has numbers, "
        "parameters, lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, round, abs, "
        "min, max, sum, divisible and len\n"
        '  - a: {conv: "sum([i for i in [1, 2]])"}\n'
        "              ^"),
    "f-string": (
        LAYERS + "- a: {conv: \"f'{3}'\"}\n",
        "spec.yaml:3:13: a: \"f'{3}'\" is not allowed in an expression; it has numbers, parameters, "
        "lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, round, abs, min, max, sum, "
        "divisible and len\n"
        "  - a: {conv: \"f'{3}'\"}\n"
        "              ^"),
    "walrus": (
        LAYERS + '- a: {conv: "(n := 3)"}\n',
        "spec.yaml:3:13: a: 'n := 3' is not allowed in an expression; it has numbers, parameters, "
        "lists, arithmetic, comparisons, 'a if c else b' and floor, ceil, round, abs, min, max, sum, "
        "divisible and len\n"
        '  - a: {conv: "(n := 3)"}\n'
        "              ^"),
    "word plus number": (
        ("parameters: {option: B}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         "- a: {conv: option + 1}\n"),
        "spec.yaml:4:13: a: 'option + 1' cannot be computed: + takes a number, found 'B'\n"
        "  - a: {conv: option + 1}\n"
        "              ^"),
    "beyond a list": (
        ("parameters: {stages: [3, 4]}\n"
         "input: [3, 8, 8]\n"
         "layers:\n"
         '- a: {conv: "stages[2]"}\n'),
        "spec.yaml:4:13: a: 'stages[2]' cannot be computed: there is no item 2 in a list of 2, "
        "counted from 0\n"
        '  - a: {conv: "stages[2]"}\n'
        "              ^"),
    "power": (
        LAYERS + "- a: {conv: 9 ** 9 ** 9}\n",
        "spec.yaml:3:13: a: '9 ** 9 ** 9' cannot be computed: a power needs a whole exponent of at "
        "most 64\n"
        "  - a: {conv: 9 ** 9 ** 9}\n"
        "              ^"),
    "exponent in an expression": (
        LAYERS + "- a: {conv: 2 * 1e999999999}\n",
        "spec.yaml:3:13: a: '2 * 1e999999999' is not an expression: the exponent is out of range\n"
        "  - a: {conv: 2 * 1e999999999}\n"
        "              ^"),
    "out of range": (
        LAYERS + "- a: {conv: 10 ** 9 * 10 ** 9}\n",
        "spec.yaml:3:13: a: '10 ** 9 * 10 ** 9' cannot be computed: more than 18 digits\n"
        "  - a: {conv: 10 ** 9 * 10 ** 9}\n"
        "              ^"),
}
