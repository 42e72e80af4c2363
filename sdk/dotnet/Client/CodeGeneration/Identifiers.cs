using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace JobSystem.Client.CodeGeneration;

/// <summary>Makes identifiers of any text.</summary>
static class Identifiers
{
    /// <summary>Types that generated code uses by their short names, of both languages.</summary>
    public static readonly FrozenSet<string> UsedTypes = FrozenSet.Create(
        StringComparer.Ordinal,
        "Array", "BigInteger", "Boolean", "CallOptions", "Date", "DateOnly", "DateTimeOffset", "Dictionary", "Guid", "IJob", "IReadOnlyDictionary",
        "IReadOnlyList", "Job", "JobAttribute", "JobOptions", "JobRequest", "JobSystem", "JobsClient", "JsonConverter", "JsonConverterAttribute", "JsonExtensionData",
        "JsonExtensionDataAttribute", "JsonIgnore", "JsonIgnoreAttribute", "JsonIgnoreCondition", "JsonNode", "JsonObject", "JsonPropertyName",
        "JsonPropertyNameAttribute", "JsonStringEnumConverter", "JsonStringEnumMemberName", "JsonStringEnumMemberNameAttribute", "Number", "Object", "Omit",
        "Promise", "R", "Record", "String", "System", "TimeOnly", "Uri");

    /// <summary>Members that every record has already, or may not have.</summary>
    static readonly FrozenSet<string> recordMembers = FrozenSet.Create(
        StringComparer.Ordinal,
        "Clone", "Deconstruct", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers", "ReferenceEquals",
        "ToString");

    static readonly FrozenSet<string> keywords = FrozenSet.Create(
        StringComparer.Ordinal,
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate",
        "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in",
        "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private",
        "protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this",
        "throw", "true", "try", "typeof", "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while");

    /// <summary>The words of a text, each with a capital letter: <c>make_invoice</c> is <c>MakeInvoice</c>. No keyword begins with a capital letter.</summary>
    public static string Pascal(string text)
    {
        var name = new StringBuilder(text.Length);
        var begins = true;
        foreach (var letter in text)
        {
            if (!char.IsLetterOrDigit(letter))
            {
                begins = true;
                continue;
            }
            name.Append(begins ? char.ToUpperInvariant(letter) : letter);
            begins = false;
        }
        return name.Length > 0 && IsStart(name[0]) ? name.ToString() : $"_{name}";
    }

    /// <summary>Returns the name, with a number behind it if it is taken, and takes it.</summary>
    public static string Take(string name, HashSet<string> taken)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{name}{number.ToString(CultureInfo.InvariantCulture)}";
        }
        return free;
    }

    /// <summary>What members of a record cannot be called.</summary>
    public static HashSet<string> TakenInRecord(string recordName) => [.. recordMembers, recordName];

    public static bool IsNamespace(string? name) => name is { Length: > 0 } && name.Split('.').All(IsIdentifier);

    static bool IsIdentifier(string part) =>
        part.Length > 0 && (IsStart(part[0]) || part[0] == '_') && part.All(x => char.IsLetterOrDigit(x) || x == '_') && !keywords.Contains(part);

    static bool IsStart(char letter) => char.IsLetter(letter);
}
