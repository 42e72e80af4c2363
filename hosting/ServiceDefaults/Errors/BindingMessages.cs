using System.Text.RegularExpressions;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>Error messages of the framework about route and query parameters, without .NET type names.</summary>
static partial class BindingMessages
{
    public static string Readable(string message)
    {
        if (Unparsable().Match(message) is { Success: true } unparsable)
        {
            return $"{unparsable.Groups[1].Value}: '{unparsable.Groups[2].Value}' is not a valid value.";
        }

        if (Missing().Match(message) is { Success: true } missing)
        {
            return missing.Groups[2].Value == "body" ? "A JSON body is required." : $"{missing.Groups[1].Value}: Required, but missing.";
        }

        return message;
    }

    [GeneratedRegex("^Failed to bind parameter \"\\S+ (\\S+)\" from \"(.*)\"\\.$", RegexOptions.Singleline)]
    private static partial Regex Unparsable();

    [GeneratedRegex("^Required parameter \"\\S+ (\\S+)\" was not provided from (.+)\\.$")]
    private static partial Regex Missing();
}
