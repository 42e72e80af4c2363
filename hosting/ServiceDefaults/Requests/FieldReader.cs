using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using JobSystem.ServiceDefaults.Json;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>Reads and validates one member of a request. JSON null counts as absent.</summary>
public readonly ref struct FieldReader(string name, JsonElement value, FieldErrors errors)
{
    public bool IsNull => value.ValueKind == JsonValueKind.Null;

    /// <summary>
    /// A string that matches the rule. If it equals <paramref name="previous"/>, that instance is returned, which saves allocations in
    /// batches.
    /// </summary>
    public string? Text(string expected, Func<string, bool> fits, string? previous = null)
    {
        if (IsNull)
        {
            return null;
        }
        if (previous is not null && value.ValueKind == JsonValueKind.String && value.ValueEquals(previous))
        {
            return previous;
        }
        if (value.TryText(out var text) && fits(text))
        {
            return text;
        }
        errors.Expected(name, expected, value);
        return null;
    }

    /// <summary>A free text; it may contain all characters that the stores accept.</summary>
    public string? Prose(int maxLength) =>
        Text($"a string of at most {maxLength} characters without control characters",
            text => text.Length <= maxLength && IsPrintable(text));

    static bool IsPrintable(string text)
    {
        foreach (var c in text)
        {
            if (char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>One of a set of keywords, in any case.</summary>
    public string? Word(IReadOnlyList<string> words) =>
        Text($"one of {string.Join(", ", words)}", text => Find(words, text) is not null) is { } text ? Find(words, text) : null;

    /// <summary>The keyword that a text is, in whichever case; null if it is none.</summary>
    internal static string? Find(IReadOnlyList<string> words, string text)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i].Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                return words[i];
            }
        }
        return null;
    }

    /// <summary>One or more strings that match the rule, without duplicates; empty for null.</summary>
    public IReadOnlyList<string> Texts(string expected, Func<string, bool> fits)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            return Text(expected, fits) is { } one ? [one] : [];
        }
        var texts = new List<string>();
        var at = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (!item.TryText(out var text) || !fits(text))
            {
                errors.Expected($"{name}[{at}]", expected, item);
            }
            else if (!texts.Contains(text))
            {
                texts.Add(text);
            }
            at++;
        }
        return texts;
    }

    public IReadOnlyList<string> Words(IReadOnlyList<string> words) =>
        [.. Texts($"one of {string.Join(", ", words)}", text => Find(words, text) is not null).Select(text => Find(words, text)!).Distinct()];

    public bool? Flag()
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.ValueKind == JsonValueKind.True;
        }
        errors.Expected(name, "true or false", value);
        return null;
    }

    public int? Whole(int least, int most)
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
        {
            return number;
        }
        errors.Expected(name, $"a whole number from {least} to {most}", value);
        return null;
    }

    /// <summary>A count of anything.</summary>
    public long? Count()
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0)
        {
            return number;
        }
        errors.Expected(name, "a whole number from 0", value);
        return null;
    }

    public double? Percent()
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var percent) && percent is >= 0 and <= 100)
        {
            return percent;
        }
        errors.Expected(name, "a number from 0 to 100", value);
        return null;
    }

    public Guid? Uuid()
    {
        if (IsNull)
        {
            return null;
        }
        if (value.TryText(out var text) && Guid.TryParseExact(text, "D", out var id))
        {
            return id;
        }
        errors.Expected(name, "a UUID", value);
        return null;
    }

    public double? Seconds(double most, bool zero)
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds <= most
            && (seconds > 0 || (zero && seconds == 0)))
        {
            return seconds == 0 ? 0 : seconds; // -0 is 0
        }
        var limit = most.ToString(CultureInfo.InvariantCulture);
        var range = zero ? $"from 0 to {limit}" : $"greater than 0 and at most {limit}";
        errors.Expected(name, $"a number of seconds {range}", value);
        return null;
    }

    public DateTimeOffset? Moment()
    {
        if (IsNull)
        {
            return null;
        }
        if (value.TryText(out var text) && Rfc3339.TryParse(text, out var moment))
        {
            return moment;
        }
        errors.Expected(name, Rfc3339.Expected, value);
        return null;
    }

    public DateTimeOffset? Moment(DateTimeOffset latest)
    {
        if (Moment() is not { } moment)
        {
            return null;
        }
        if (moment > latest)
        {
            errors.Expected(name, $"a time before {latest.UtcDateTime:yyyy-MM-dd}", value);
            return null;
        }
        return moment;
    }

    /// <summary>A JSON array or object as received; null if it is empty.</summary>
    public string? Raw(JsonValueKind kind, int maxBytes, int maxNesting, out int bytes)
    {
        bytes = 0;
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind != kind)
        {
            errors.Expected(name, kind == JsonValueKind.Array ? "an array" : "an object", value);
            return null;
        }
        var text = JsonMarshal.GetRawUtf8Value(value);
        if (text.Length > maxBytes)
        {
            errors.Expected(name, $"at most {maxBytes} bytes of JSON", $"{text.Length} bytes");
            return null;
        }
        if (JsonShape.Nesting(text) is var depth && depth > maxNesting)
        {
            errors.Expected(name, $"at most {maxNesting} levels of nesting", $"{depth} levels");
            return null;
        }
        if (kind == JsonValueKind.Object ? !HasMembers() : value.GetArrayLength() == 0)
        {
            return null;
        }
        bytes = text.Length;
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Any JSON value as received.</summary>
    public string? Json(int maxBytes, int maxNesting)
    {
        if (IsNull || value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
        {
            var empty = value.ValueKind == JsonValueKind.Object ? "{}" : "[]";
            return IsNull ? null : Raw(value.ValueKind, maxBytes, maxNesting, out _) ?? empty;
        }
        var text = JsonMarshal.GetRawUtf8Value(value);
        if (text.Length <= maxBytes)
        {
            return Encoding.UTF8.GetString(text);
        }
        errors.Expected(name, $"at most {maxBytes} bytes of JSON", $"{text.Length} bytes");
        return null;
    }

    /// <summary>True if the object has the member. Duplicate names are an error.</summary>
    bool HasMembers()
    {
        var count = value.GetPropertyCount();
        if (count > 1 && JsonShape.RepeatedName(value, count) is { } twice)
        {
            errors.Expected(name, "each name once", $"{FieldErrors.Quote(twice)} more than once");
        }
        return count > 0;
    }

    public string[]? Tags(int most, int maxLength)
    {
        if (IsNull)
        {
            return null;
        }
        if (value.ValueKind != JsonValueKind.Array)
        {
            errors.Expected(name, "an array of texts", value);
            return null;
        }
        var count = value.GetArrayLength();
        if (count > most)
        {
            errors.Expected(name, $"at most {most} tags", $"{count}");
            return null;
        }
        return count == 0 ? null : DistinctTags(count, maxLength);
    }

    string[]? DistinctTags(int count, int maxLength)
    {
        var tags = new string[count];
        var (filled, at) = (0, 0);
        foreach (var item in value.EnumerateArray())
        {
            // A filter by tags separates them by commas
            if (!item.TryText(out var tag) || tag.Length is 0 || tag.Length > maxLength || tag.Any(x => x == ',' || char.IsControl(x)))
            {
                errors.Expected($"{name}[{at}]", $"a string of 1 to {maxLength} characters without commas and control characters", item);
                return null;
            }
            if (Array.IndexOf(tags, tag, 0, filled) < 0)
            {
                tags[filled++] = tag;
            }
            at++;
        }
        return filled == count ? tags : tags[..filled];
    }
}
