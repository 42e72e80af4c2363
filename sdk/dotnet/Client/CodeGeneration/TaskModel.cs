using System.Text.Json;
using JobSystem.Api;

namespace JobSystem.Client.CodeGeneration;

/// <summary>What a value is, in either language.</summary>
enum ArgumentKind
{
    /// <summary>Any JSON.</summary>
    Any,
    Text,
    Moment,
    Day,
    TimeOfDay,
    Uuid,
    Address,
    Flag,
    Integer,
    LongInteger,
    UnsignedLongInteger,
    AnyInteger,
    Number,
    DecimalNumber,

    /// <summary>Any JSON object.</summary>
    AnyObject,
    List,
    Map,

    /// <summary>A <see cref="DeclaredType"/>.</summary>
    Declared,
}

/// <summary>The type of a value.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="IsNullable">True if it may be null.</param>
sealed record ArgumentType(ArgumentKind Kind, bool IsNullable = false)
{
    /// <summary>What a list or map consists of.</summary>
    public ArgumentType? Elements { get; init; }

    public DeclaredType? Declared { get; init; }
}

/// <summary>A type with a name of its own: an object with members, or one of some words.</summary>
sealed class DeclaredType(string name)
{
    public string Name => name;
    public string? Description { get; init; }
    public List<Member> Members { get; } = [];

    /// <summary>The words of an enumeration; null for an object.</summary>
    public IReadOnlyList<(string Word, string Identifier)>? Words { get; init; }

    /// <summary>True if it may have other members as well.</summary>
    public bool IsOpen { get; init; }
}

/// <summary>A member of an object.</summary>
sealed record Member(string JsonName, string Identifier, ArgumentType Type, bool IsRequired)
{
    public string? Description { get; init; }

    /// <summary>JSON of what it is if it is left out; null if that is null or not known.</summary>
    public string? Default { get; init; }
}

/// <summary>The jobs of a task.</summary>
/// <param name="Task">The task.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Types">The types that they consist of, in the order of their names.</param>
sealed record JobModel(RegisteredTask Task, DeclaredType Arguments, IReadOnlyList<DeclaredType> Types);

/// <summary>Reads the tasks of a system.</summary>
static class TaskModel
{
    public static IReadOnlyList<JobModel> Read(IEnumerable<RegisteredTask> tasks)
    {
        var taken = new HashSet<string>(Identifiers.UsedTypes, StringComparer.Ordinal);
        var newest = tasks.GroupBy(x => x.Name, StringComparer.Ordinal).OrderBy(x => x.Key, StringComparer.Ordinal)
            .Select(x => x.OrderBy(y => y.Version, VersionOrder.Instance).Last()).ToList();
        // Tasks get their names before types of arguments do, and those in the usual spelling before others, so that a new one renames few of them
        var names = newest.OrderBy(x => JsonNamingPolicy.SnakeCaseLower.ConvertName(Identifiers.Pascal(x.Name)) == x.Name ? 0 : 1)
            .ToDictionary(x => x.Name, x => Identifiers.Take(Identifiers.Pascal(x.Name), taken), StringComparer.Ordinal);
        return newest.ConvertAll(x => new SchemaReader(x, names[x.Name], taken).Read());
    }
}
