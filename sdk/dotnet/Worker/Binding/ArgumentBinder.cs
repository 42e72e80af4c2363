using System.Text.Json;

namespace JobSystem.Worker.Binding;

/// <summary>Binds a job's args and kwargs to a task's parameters: first by position, then by name.</summary>
sealed class ArgumentBinder(IReadOnlyList<TaskParameter> parameters, bool anyArguments)
{
    /// <summary>Returns one element per parameter; undefined for an optional parameter that the job leaves out.</summary>
    /// <exception cref="InvalidArgumentsException">
    /// Arguments are missing, unknown or given twice; the message names all of them.
    /// </exception>
    public JsonElement[] Bind(TaskContext job)
    {
        var values = parameters.Count == 0 ? [] : new JsonElement[parameters.Count];
        List<string>? problems = null;
        BindPositional(job.Args, values, ref problems);
        BindNamed(job.Kwargs, values, ref problems);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].ValueKind == JsonValueKind.Undefined && parameters[i].IsRequired)
            {
                var expected = JsonTypeNames.Expected(parameters[i].Type, parameters[i].IsNullable);
                (problems ??= []).Add($"argument '{parameters[i].Name}' is missing: expected {expected}");
            }
        }
        return problems is null ? values : throw new InvalidArgumentsException(string.Join("; ", problems));
    }

    void BindPositional(JsonElement args, JsonElement[] values, ref List<string>? problems)
    {
        if (args.ValueKind != JsonValueKind.Array)
        {
            return;
        }
        var index = 0;
        foreach (var value in args.EnumerateArray())
        {
            if (index == values.Length)
            {
                if (!anyArguments)
                {
                    (problems ??= []).Add($"expected at most {values.Length} positional arguments, got {args.GetArrayLength()}");
                }
                return;
            }
            values[index++] = value;
        }
    }

    void BindNamed(JsonElement kwargs, JsonElement[] values, ref List<string>? problems)
    {
        if (kwargs.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (var property in kwargs.EnumerateObject())
        {
            var index = IndexOf(property);
            if (index < 0)
            {
                if (!anyArguments)
                {
                    (problems ??= []).Add($"argument '{property.Name}' is unknown: {KnownNames()}");
                }
            }
            else if (values[index].ValueKind != JsonValueKind.Undefined)
            {
                (problems ??= []).Add($"argument '{parameters[index].Name}' is given twice");
            }
            else
            {
                values[index] = property.Value;
            }
        }
    }

    int IndexOf(in JsonProperty property)
    {
        for (var i = 0; i < parameters.Count; i++)
        {
            if (parameters[i].HasName(property))
            {
                return i;
            }
        }
        return -1;
    }

    string KnownNames() =>
        parameters.Count == 0 ? "the task takes none" : $"the task takes {string.Join(", ", parameters.Select(x => x.Name))}";
}
