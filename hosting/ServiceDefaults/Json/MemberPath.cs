using System.Text.Json;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>The path of a member for error messages: in the body, in a job of a batch, or in a command's envelope.</summary>
struct MemberPath()
{
    string outer = "body";
    string inner = "";
    int index = -1;

    public readonly string Name =>
        index >= 0 ? $"{outer}[{index}]{(inner.Length > 0 ? "." : "")}{inner}" : inner.Length > 0 ? inner : outer;

    /// <summary>To be called for each token.</summary>
    public void Follow(ref readonly Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
        {
            (outer, inner, index) = (NameOf(in reader), "", -1);
        }
        else if (reader.TokenType == JsonTokenType.PropertyName
            && ((reader.CurrentDepth == 3 && outer == "jobs") || (reader.CurrentDepth == 2 && outer == "message")))
        {
            inner = NameOf(in reader);
        }
        else if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 2 && outer == "jobs")
        {
            (index, inner) = (index + 1, "");
        }
    }

    static string NameOf(ref readonly Utf8JsonReader reader) =>
        UnpairedSurrogates.Find(reader.ValueSpan) is null ? reader.GetString()! : "?";
}
