using System.Text.Json;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>Finds the member whose value is nested too deeply for the parser, so that the answer can name it.</summary>
public static class DeepMember
{
    /// <summary>Null when the text is wrong in another way.</summary>
    public static string? Find(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var (outer, inner, index) = ("body", "", -1);
        try
        {
            while (reader.Read())
            {
                // A value that opens a level is itself still counted outside it
                var opens = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
                if (reader.CurrentDepth + (opens ? 1 : 0) > maxDepth)
                {
                    return index < 0 ? outer : inner.Length == 0 ? $"{outer}[{index}]" : $"{outer}[{index}].{inner}";
                }
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                {
                    (outer, inner, index) = (reader.GetString() ?? "", "", -1);
                }
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 3 && outer == "jobs")
                {
                    inner = reader.GetString() ?? "";
                }
                else if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 2 && outer == "jobs")
                {
                    (index, inner) = (index + 1, "");
                }
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Malformed before it is too deep
        }
        return null;
    }
}
