using System.Text.Json;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>Finds the member that is nested too deeply for the parser, for the error message.</summary>
public static class NestingLimit
{
    /// <summary>Null if the JSON is invalid for another reason.</summary>
    public static string? Find(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var path = new MemberPath();
        try
        {
            while (reader.Read())
            {
                // A value that opens a level is itself still counted outside it
                var opens = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
                if (reader.CurrentDepth + (opens ? 1 : 0) > maxDepth)
                {
                    return path.Name;
                }
                path.Follow(in reader);
            }
        }
        catch (JsonException)
        {
            // Malformed before it is too deep
        }
        return null;
    }
}
