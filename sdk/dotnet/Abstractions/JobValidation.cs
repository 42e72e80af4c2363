using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;

namespace JobSystem;

/// <summary>
/// Checks the data annotations of a job, and those of the objects and lists in it, and calls <see cref="IValidatableObject.Validate"/>. An
/// annotation of a record's parameter counts like one of its property.
/// </summary>
public static class JobValidation
{
    const int MaxDepth = 32;
    const string NeedsMembers = "The members of the job's type, and of the types in it, are found by reflection.";

    /// <summary>
    /// Returns what is wrong with a job, by field. The fields are named as in the API's errors: <c>kwargs.lines[2].amount</c>.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="services">What annotations and <see cref="IValidatableObject.Validate"/> can ask for. Default: nothing.</param>
    /// <returns>An empty dictionary if the job is valid.</returns>
    [RequiresUnreferencedCode(NeedsMembers)]
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Validate(object job, IServiceProvider? services = null)
    {
        ArgumentNullException.ThrowIfNull(job);
        var problems = new Dictionary<string, List<string>>();
        Visit(job, "kwargs", 0, services, problems);
        return problems.ToDictionary(x => x.Key, x => (IReadOnlyList<string>)x.Value);
    }

    [RequiresUnreferencedCode(NeedsMembers)]
    static void Visit(object value, string path, int depth, IServiceProvider? services, Dictionary<string, List<string>> problems)
    {
        if (depth > MaxDepth || IsPlain(value.GetType()))
        {
            return;
        }
        if (value is IEnumerable items)
        {
            VisitItems(items, path, depth, services, problems);
            return;
        }
        var before = problems.Count;
        foreach (var member in Members(value.GetType()))
        {
            var current = member.Property.GetValue(value);
            var at = $"{path}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(member.Property.Name)}";
            foreach (var attribute in member.Attributes)
            {
                var context = new ValidationContext(value, services, null)
                {
                    MemberName = member.Property.Name,
                    DisplayName = member.Property.Name,
                };
                Add(problems, at, attribute.GetValidationResult(current, context));
            }
            if (current is not null)
            {
                Visit(current, at, depth + 1, services, problems);
            }
        }
        VisitItself(value, path, services, problems, membersAreValid: problems.Count == before);
    }

    [RequiresUnreferencedCode(NeedsMembers)]
    static void VisitItems(IEnumerable items, string path, int depth, IServiceProvider? services, Dictionary<string, List<string>> problems)
    {
        if (items is IDictionary dictionary)
        {
            foreach (DictionaryEntry entry in dictionary)
            {
                if (entry.Value is { } value)
                {
                    Visit(value, $"{path}.{entry.Key}", depth + 1, services, problems);
                }
            }
            return;
        }
        var index = 0;
        foreach (var item in items)
        {
            if (item is not null)
            {
                Visit(item, $"{path}[{index}]", depth + 1, services, problems);
            }
            index++;
        }
    }

    /// <summary>What an object says about itself is asked only if its members are valid, as the framework does.</summary>
    [RequiresUnreferencedCode(NeedsMembers)]
    static void VisitItself(
        object value, string path, IServiceProvider? services, Dictionary<string, List<string>> problems, bool membersAreValid)
    {
        var context = new ValidationContext(value, services, null);
        foreach (var attribute in value.GetType().GetCustomAttributes<ValidationAttribute>(inherit: true))
        {
            Add(problems, path, attribute.GetValidationResult(value, context));
        }
        if (!membersAreValid || value is not IValidatableObject validatable)
        {
            return;
        }
        foreach (var result in validatable.Validate(context))
        {
            var names = (result?.MemberNames ?? []).ToList();
            foreach (var name in names.Count == 0 ? [""] : names)
            {
                Add(problems, name.Length == 0 ? path : $"{path}.{JsonNamingPolicy.SnakeCaseLower.ConvertName(name)}", result);
            }
        }
    }

    static void Add(Dictionary<string, List<string>> problems, string path, ValidationResult? result)
    {
        if (result is null || result == ValidationResult.Success)
        {
            return;
        }
        if (!problems.TryGetValue(path, out var messages))
        {
            problems[path] = messages = [];
        }
        messages.Add(result.ErrorMessage ?? "is not valid");
    }

    [RequiresUnreferencedCode(NeedsMembers)]
    static IEnumerable<(PropertyInfo Property, IEnumerable<ValidationAttribute> Attributes)> Members(Type type)
    {
        var parameters = type.GetConstructors().SelectMany(x => x.GetParameters()).ToLookup(x => x.Name);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetMethod is not { IsPublic: true } || property.GetIndexParameters().Length > 0)
            {
                continue;
            }
            var own = property.GetCustomAttributes<ValidationAttribute>(inherit: true);
            var ofParameters = parameters[property.Name].SelectMany(x => x.GetCustomAttributes<ValidationAttribute>(inherit: true));
            yield return (property, own.Concat(ofParameters));
        }
    }

    /// <summary>Types that have no members with annotations.</summary>
    static bool IsPlain(Type type) =>
        type.IsPrimitive || type.IsEnum || type == typeof(string) || type.IsPointer || typeof(Delegate).IsAssignableFrom(type)
        || (type.Namespace is { } name && (name == "System" || name.StartsWith("System.", StringComparison.Ordinal))
            && !typeof(IEnumerable).IsAssignableFrom(type))
        || type.FullName?.StartsWith("System.Text.Json.", StringComparison.Ordinal) == true;
}
