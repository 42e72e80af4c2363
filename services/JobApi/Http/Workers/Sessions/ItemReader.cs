using System.Text.Json;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>Reads arrays of objects.</summary>
static class ItemReader
{
    /// <param name="value">The array.</param>
    /// <param name="member">Its name, for errors.</param>
    /// <param name="most">Most items.</param>
    /// <param name="errors">What is wrong with the request.</param>
    /// <param name="read">Reads an item; the second argument is the prefix of its members' names in errors.</param>
    public static List<T> Read<T>(JsonElement value, string member, int most, FieldErrors errors, Func<JsonElement, string, T> read)
    {
        var items = new List<T>();
        if (value.ValueKind == JsonValueKind.Null)
        {
            return items;
        }
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > most)
        {
            errors.Expected(member, $"an array of at most {most} objects", value.ValueKind == JsonValueKind.Array ? $"{value.GetArrayLength()}" : FieldErrors.Show(value));
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

    /// <summary>Adds an error if the member was not given.</summary>
    public static void Require<T>(string member, T? value, string expected, FieldErrors errors)
    {
        if (value is null && !errors.Messages.ContainsKey(member))
        {
            errors.Expected(member, expected, "nothing");
        }
    }
}
