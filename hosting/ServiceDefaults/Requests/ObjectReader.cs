using System.Text.Json;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>Reads a small object with the same strict rules as a submission.</summary>
public static class ObjectReader
{
    /// <param name="prefix">Of the names in errors, for an object that is a member itself.</param>
    public static void Read(JsonElement body, FieldErrors errors, string[] known, Action<string, JsonElement> take, string prefix = "")
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("body", "a JSON object", body);
            return;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in body.EnumerateObject())
        {
            if (errors.Full)
            {
                return;
            }
            if (!member.TryName(out var name) || Array.IndexOf(known, name) < 0)
            {
                errors.Add(prefix + (name.Length <= 64 ? name : name[..64]), $"unknown member; expected {string.Join(", ", known)}");
            }
            else if (!seen.Add(name))
            {
                errors.Add(prefix + name, "expected once; got more than once");
            }
            else
            {
                take(name, member.Value);
            }
        }
    }
}
