using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>Translates serializer errors for callers: which member is invalid and what was expected, without .NET types.</summary>
public static partial class JsonProblems
{
    public static ProblemDetails Describe(JsonException error)
    {
        var (field, message) = Explain(error);
        if (field is null)
        {
            return Problems.Details(StatusCodes.Status400BadRequest, "malformed_json", message);
        }

        var problem = Problems.Details(StatusCodes.Status400BadRequest, "validation_failed", $"{field}: {message}");
        problem.Extensions["errors"] = new Dictionary<string, string[]> { [field] = [message] };
        return problem;
    }

    /// <summary>The invalid member (null if the body is not JSON) and the error.</summary>
    public static (string? Field, string Message) Explain(JsonException error)
    {
        if (error.InnerException is JsonException)
        {
            return (null, $"The body is not valid JSON{Position(error)}.");
        }

        var field = error.Path is { Length: > 1 } path ? path.TrimStart('$').TrimStart('.') : null;
        if (Unknown().Match(error.Message) is { Success: true } unknown)
        {
            return (Sibling(field, unknown.Groups[1].Value), "Unknown member.");
        }

        if (Duplicate().Match(error.Message) is { Success: true } duplicate)
        {
            return (Sibling(field, duplicate.Groups[1].Value), "Given more than once.");
        }

        if (Missing().Match(error.Message) is { Success: true } missing)
        {
            var first = missing.Groups[1].Value.Split(',')[0].Trim(' ', '\'', '"', '.');
            return (field is null ? first : $"{field}.{first}", "Required, but missing.");
        }

        return (field ?? "body", ValueFault(error));
    }

    static string ValueFault(JsonException error)
    {
        if (error.Message.Contains("null values", StringComparison.Ordinal))
        {
            return "Must not be null.";
        }

        // The message does not always name the value's type: for a constructor's parameter the serializer names the type around it
        var inner = error.InnerException?.Message ?? "";
        return inner switch
        {
            _ when inner.EndsWith("as a string.", StringComparison.Ordinal) => "Expected a string.",
            _ when inner.EndsWith("as a number.", StringComparison.Ordinal) => "Expected a number.",
            _ when inner.EndsWith("as a boolean.", StringComparison.Ordinal) => "Expected true or false.",
            _ when WholeNumber().IsMatch(inner) => "Expected a whole number.",
            _ when WrongType().Match(error.Message) is { Success: true } wrong => $"Expected {Expected(wrong.Groups[1].Value)}.",
            _ => error.Message,
        };
    }

    static string Sibling(string? path, string member)
    {
        if (path is null || path == member)
        {
            return member;
        }

        return path.EndsWith("." + member, StringComparison.Ordinal) ? path : $"{path}.{member}";
    }

    static string Position(JsonException error) =>
        error.LineNumber is { } line ? $" (line {line + 1}, byte {error.BytePositionInLine + 1})" : "";

    static string Expected(string type)
    {
        var name = type.Replace("System.Nullable`1[", "", StringComparison.Ordinal).TrimEnd(']');
        return name switch
        {
            "System.Int32" or "System.Int64" or "System.Int16" => "a whole number",
            "System.Double" or "System.Decimal" or "System.Single" => "a number",
            "System.Boolean" => "true or false",
            "System.String" => "a string",
            "System.DateTime" => "a time such as 2030-01-31T12:00:00Z",
            "System.Guid" => "a UUID",
            _ when name.Contains("Dictionary", StringComparison.Ordinal) => "an object",
            _ when ((string[])["List", "[]", "Enumerable"]).Any(x => name.Contains(x, StringComparison.Ordinal)) => "an array",
            _ => "an object",
        };
    }

    [GeneratedRegex("^The JSON property '(.*?)' could not be mapped")]
    private static partial Regex Unknown();

    [GeneratedRegex("missing required properties including: (.+)$", RegexOptions.Singleline)]
    private static partial Regex Missing();

    [GeneratedRegex("^Duplicate property '(.*?)' encountered")]
    private static partial Regex Duplicate();

    [GeneratedRegex(@"^The JSON value could not be converted to (\S+?)\.( Path:|$)")]
    private static partial Regex WrongType();

    [GeneratedRegex("for an? U?Int(16|32|64)\\.$")]
    private static partial Regex WholeNumber();
}
