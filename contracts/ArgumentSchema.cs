using System.Text.Json;

namespace JobSystem.Contracts;

/// <summary>
/// Compares a job's arguments with the JSON Schema that a task's worker announced (<see cref="AnnouncedTask.Parameters"/>). The order of
/// the schema's properties is the order of the positional arguments. Keywords that it does not know are passed over, so that it refuses
/// nothing that the schema allows.
/// </summary>
sealed class ArgumentSchema
{
    /// <summary>A schema that refers to itself without end, or branches too much, decides nothing.</summary>
    const int MaxSteps = 100_000;
    const int Deepest = 256;

    const int MaxProblems = 20;

    readonly SchemaNode arguments;
    readonly string[] names;

    ArgumentSchema(JsonElement schema)
    {
        var document = new SchemaDocument(schema.Clone());
        arguments = new(document.Root, document);
        names = [.. arguments.Properties.Keys];
    }

    /// <summary>Prepares a schema for many comparisons.</summary>
    /// <returns>Null when it is not the schema of an object.</returns>
    public static ArgumentSchema? Read(JsonElement? schema) => schema is { ValueKind: JsonValueKind.Object } given ? new(given) : null;

    /// <summary>What is wrong with a job's arguments; empty when they fit.</summary>
    /// <param name="args">The positional arguments, a JSON array; null for none.</param>
    /// <param name="kwargs">The arguments by name, a JSON object; null for none.</param>
    public IReadOnlyList<ArgumentProblem> Check(JsonElement? args, JsonElement? kwargs)
    {
        var comparison = new Comparison();
        var given = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            CheckPositional(args, given, comparison);
            CheckNamed(kwargs, given, comparison);
        }
        catch (InvalidOperationException)
        {
            // A string with half of a surrogate pair; its reader reports it
            return [];
        }
        foreach (var name in arguments.Required)
        {
            if (!given.Contains(name) && arguments.Properties.TryGetValue(name, out var node))
            {
                comparison.Add($"kwargs.{name}", node.Expected(), "nothing");
            }
        }
        return comparison.IsUndecided ? [] : comparison.Problems;
    }

    /// <summary>What is wrong with one value of a schema.</summary>
    /// <param name="schema">The value's schema.</param>
    /// <param name="value">The value.</param>
    /// <param name="path">Where it is, for the problems.</param>
    public static IReadOnlyList<ArgumentProblem> CheckValue(JsonElement schema, JsonElement value, string path)
    {
        var comparison = new Comparison();
        comparison.Compare(new(schema, new(schema)), value, path);
        return comparison.IsUndecided ? [] : comparison.Problems;
    }

    void CheckPositional(JsonElement? args, HashSet<string> given, Comparison comparison)
    {
        if (args is not { ValueKind: JsonValueKind.Array } list)
        {
            return;
        }
        if (list.GetArrayLength() > names.Length && arguments.IsClosed)
        {
            comparison.Add("args", $"at most {names.Length} positional arguments", $"{list.GetArrayLength()}");
            return;
        }
        var index = 0;
        foreach (var value in list.EnumerateArray().Take(names.Length))
        {
            given.Add(names[index]);
            comparison.Compare(arguments.Properties[names[index]], value, $"args[{index}]");
            index++;
        }
    }

    void CheckNamed(JsonElement? kwargs, HashSet<string> given, Comparison comparison)
    {
        if (kwargs is not { ValueKind: JsonValueKind.Object } members)
        {
            return;
        }
        foreach (var member in members.EnumerateObject())
        {
            if (NameOf(member.Name) is not { } name)
            {
                if (arguments.IsClosed)
                {
                    comparison.Add($"kwargs.{member.Name}", names.Length == 0 ? "no arguments" : $"one of {string.Join(", ", names)}",
                        "an unknown name");
                }
            }
            else if (!given.Add(name))
            {
                comparison.Add($"kwargs.{member.Name}", $"{name} once", "it twice");
            }
            else
            {
                comparison.Compare(arguments.Properties[name], member.Value, $"kwargs.{member.Name}");
            }
        }
    }

    /// <summary>The caller may write message_id as messageId.</summary>
    string? NameOf(string given) => arguments.Properties.ContainsKey(given) ? given
        : Array.Find(names, x => string.Equals(x.Replace("_", "", StringComparison.Ordinal), given, StringComparison.OrdinalIgnoreCase));

    /// <summary>One walk through a schema and a value.</summary>
    sealed class Comparison
    {
        readonly List<ArgumentProblem> problems = [];
        int steps;
        int depth;

        public IReadOnlyList<ArgumentProblem> Problems => problems;
        public bool IsUndecided => steps > MaxSteps;

        public void Add(string path, string expected, string got)
        {
            if (problems.Count < MaxProblems)
            {
                problems.Add(new() { Path = path, Expected = expected, Got = got });
            }
        }

        public void Compare(SchemaNode schema, JsonElement value, string path)
        {
            if (IsUndecided || ++steps > MaxSteps || depth == Deepest)
            {
                steps = MaxSteps + 1;
                return;
            }
            depth++;
            CompareNode(schema, value, path);
            depth--;
        }

        void CompareNode(SchemaNode schema, JsonElement value, string path)
        {
            if (!schema.FitsItself(value) || (schema.Options.Count > 0 && !schema.Options.Any(x => Fits(x, value))))
            {
                Add(path, schema.Expected(), ShortJson.Show(value));
                return;
            }
            if (schema.Referred is { } referred)
            {
                Compare(referred, value, path);
            }
            if (value.ValueKind == JsonValueKind.Object)
            {
                CompareMembers(schema, value, path);
            }
            else if (value.ValueKind == JsonValueKind.Array && schema.Elements is { } elements)
            {
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    Compare(elements, item, $"{path}[{index++}]");
                }
            }
        }

        bool Fits(SchemaNode schema, JsonElement value)
        {
            var inner = new Comparison { steps = steps, depth = depth };
            inner.Compare(schema, value, "");
            steps = inner.steps;
            return inner.problems.Count == 0;
        }

        void CompareMembers(SchemaNode schema, JsonElement value, string path)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (schema.Properties.TryGetValue(member.Name, out var known))
                {
                    Compare(known, member.Value, $"{path}.{member.Name}");
                }
                else if (schema.IsClosed)
                {
                    var names = string.Join(", ", schema.Properties.Keys);
                    Add($"{path}.{member.Name}", names.Length == 0 ? "no members" : $"one of {names}", "an unknown name");
                }
                else if (schema.Others is { } others)
                {
                    Compare(others, member.Value, $"{path}.{member.Name}");
                }
            }
            foreach (var name in schema.Required.Where(x => !value.TryGetProperty(x, out _)))
            {
                Add($"{path}.{name}", schema.Properties.TryGetValue(name, out var missing) ? missing.Expected() : "a value", "nothing");
            }
        }
    }
}

/// <summary>What came, short enough for a message.</summary>
static class ShortJson
{
    const int Longest = 60;

    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {value.GetArrayLength()}",
        JsonValueKind.Null => "null",
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.String => $"\"{Shorten(value.GetString()!)}\"",
        _ => Shorten(value.GetRawText()),
    };

    static string Shorten(string text) =>
        text.Length <= Longest ? text : $"{text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)]}…";
}
