using System.Text.Json;

namespace JobSystem.Worker.Binding;

/// <summary>Describes expected and actual JSON values in error messages.</summary>
static class JsonTypeNames
{
    const int MaxShown = 60;

    public static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"string \"{Short(value.GetString()!)}\"",
        JsonValueKind.Number => $"number {Short(value.GetRawText())}",
        JsonValueKind.True => "boolean true",
        JsonValueKind.False => "boolean false",
        JsonValueKind.Array => $"an array of {value.GetArrayLength()}",
        JsonValueKind.Object => "an object",
        JsonValueKind.Null => "null",
        _ => "nothing",
    };

    public static string Expected(Type type, bool nullable)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        return nullable ? $"{Bare(bare)} or null" : Bare(bare);
    }

    static string Bare(Type type) => type.IsEnum
        ? $"one of {string.Join(", ", Enum.GetNames(type).Select(WorkerJson.NameOf))}"
        : Type.GetTypeCode(type) switch
        {
            TypeCode.String => "a string",
            TypeCode.Char => "a string of one character",
            TypeCode.Boolean => "a boolean",
            TypeCode.Byte or TypeCode.SByte or TypeCode.Int16 or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 =>
                $"an integer ({type.Name.ToLowerInvariant()})",
            TypeCode.Int32 => "an integer (32 bits)",
            TypeCode.Int64 => "an integer (64 bits)",
            TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number",
            TypeCode.DateTime => "a date and time (RFC 3339 string)",
            _ => Structured(type),
        };

    static string Structured(Type type) =>
        type == typeof(DateTimeOffset) ? "a date and time (RFC 3339 string)"
        : type == typeof(DateOnly) ? "a date (yyyy-mm-dd)"
        : type == typeof(TimeOnly) ? "a time of day (hh:mm:ss)"
        : type == typeof(TimeSpan) ? "a duration ([d.]hh:mm:ss)"
        : type == typeof(Guid) ? "a UUID string"
        : type == typeof(Uri) ? "a URI string"
        : type == typeof(byte[]) ? "a base64 string"
        : NumberConverters.IsInteger(type) ? "an integer"
        : NumberConverters.IsFloat(type) ? "a number"
        : IsMap(type) ? "an object"
        : typeof(System.Collections.IEnumerable).IsAssignableFrom(type) ? "an array"
        : "an object";

    static bool IsMap(Type type) => type.GetInterfaces().Append(type).Any(x => x.IsGenericType
        && (x.GetGenericTypeDefinition() == typeof(IDictionary<,>) || x.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)));

    static string Short(string text) => text.Length <= MaxShown ? text : string.Concat(text.AsSpan(0, MaxShown), "…");
}
