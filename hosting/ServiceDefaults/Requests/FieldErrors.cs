using System.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>
/// What is wrong with a request, field by field: what was expected and what came. In a batch the fields are named
/// <c>jobs[3].priority</c>.
/// </summary>
public sealed class FieldErrors
{
    public const string Invalid = "validation_failed";

    /// <summary>Limits the number of messages for large invalid batches.</summary>
    const int Enough = 100;

    readonly Dictionary<string, string[]> messages = [];
    string? firstField;
    string firstMessage = "";

    public bool Any => messages.Count > 0;
    public bool Full => messages.Count >= Enough;

    /// <summary>The error code shared by all errors, otherwise <see cref="Invalid"/>.</summary>
    public string Code { get; private set; } = Invalid;

    public IReadOnlyDictionary<string, string[]> Messages => messages;

    /// <summary>Index of the job in its batch; -1 for a single job.</summary>
    public int Index { get; set; } = -1;

    public void Expected(string field, string expected, JsonElement got) => Add(field, $"expected {expected}; got {Show(got)}");

    public void Expected(string field, string expected, string got) => Add(field, $"expected {expected}; got {got}");

    /// <summary>Adds that a field is missing, unless what came for it is wrong already.</summary>
    public void Require(string field, bool isGiven, string expected)
    {
        if (!isGiven && !messages.ContainsKey(NameOf(field)))
        {
            Expected(field, expected, "nothing");
        }
    }

    /// <param name="complete">The message says everything without the field's name.</param>
    public void Add(string field, string message, string code = Invalid, bool complete = false)
    {
        Code = messages.Count == 0 || Code == code ? code : Invalid;
        var name = NameOf(field);
        if (messages.Count == 0)
        {
            (firstField, firstMessage) = (complete && Index < 0 ? null : name, message);
        }
        messages[name] = messages.TryGetValue(name, out var others) ? [.. others, message] : [message];
    }

    string NameOf(string field) => Index < 0 ? field : field.Length == 0 ? $"jobs[{Index}]" : $"jobs[{Index}].{field}";

    /// <summary>The first error in one line, and how many more there are.</summary>
    public string Summary => firstField is null ? FirstMessage : $"{firstField}: {FirstMessage}";

    string FirstMessage => messages.Count > 1 ? $"{firstMessage} (and {messages.Count - 1} more)" : firstMessage;

    /// <param name="failed">What did not happen, as <c>Failed to create job</c>.</param>
    public ProblemHttpResult ToProblem(string failed) =>
        TypedResults.Problem(new FieldProblem(StatusCodes.Status400BadRequest, Code, failed, firstField, FirstMessage, messages));

    /// <summary>The received value, shortened for an error message.</summary>
    public static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Null => "null",
        JsonValueKind.Undefined => "nothing",
        _ => Shorten(value.GetRawText()),
    };

    public static string Quote(string text) => Shorten(JsonSerializer.Serialize(text, JsonText.Options));

    static string Shorten(string text)
    {
        const int longest = 80;
        if (text.Length <= longest)
        {
            return text;
        }
        // Never cut between the halves of a surrogate pair
        var end = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        return new StringBuilder(text, 0, end, end + 40).Append($"… ({text.Length} characters)").ToString();
    }
}
