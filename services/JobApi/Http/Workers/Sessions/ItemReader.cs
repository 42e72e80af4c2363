using System.Text.Json;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>Reads arrays of objects.</summary>
static class ItemReader
{
    /// <param name="value">The array; null is the same as an empty one.</param>
    /// <param name="member">Its name, for errors.</param>
    /// <param name="most">Most items.</param>
    /// <param name="errors">What is wrong with the request.</param>
    /// <param name="read">Reads an item; the second argument is the prefix of its members' names in errors.</param>
    /// <param name="least">Fewest items.</param>
    public static List<T> Read<T>(JsonElement value, string member, int most, FieldErrors errors, Func<JsonElement, string, T> read, int least = 0)
    {
        var items = new List<T>();
        if (value.ValueKind == JsonValueKind.Null && least == 0)
        {
            return items;
        }
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < least || value.GetArrayLength() > most)
        {
            errors.Expected(
                member, $"an array of {(least > 0 ? $"{least} to {most} {member}" : $"at most {most} objects")}",
                value.ValueKind == JsonValueKind.Array ? $"{value.GetArrayLength()}" : FieldErrors.Show(value));
            return items;
        }
        var at = 0;
        foreach (var item in value.EnumerateArray())
        {
            var name = $"{member}[{at++}]";
            if (errors.Full)
            {
                return items;
            }
            if (item.ValueKind == JsonValueKind.Object)
            {
                items.Add(read(item, name + "."));
            }
            else
            {
                errors.Expected(name, "an object", item);
            }
        }
        return items;
    }
}
