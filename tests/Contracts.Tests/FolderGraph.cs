using System.Text.RegularExpressions;

namespace JobSystem.Contracts.Tests;

/// <summary>
/// Which folders of a project use which, by its source text: <c>using</c> lines, qualified names, and types of a parent folder, whose
/// namespace a child sees without a <c>using</c>. Comments and strings do not count. Files at the project's root are its composition: they
/// may use every folder.
/// </summary>
sealed partial class FolderGraph
{
    readonly string root;
    readonly Dictionary<string, HashSet<string>> types;
    readonly Dictionary<(string From, string To), string> edges = [];

    /// <param name="root">Root namespace of the project.</param>
    /// <param name="files">Paths from the project's folder, with forward slashes, and their text.</param>
    public FolderGraph(string root, IReadOnlyList<(string Path, string Text)> files)
    {
        this.root = root;
        var sources = files.Select(x => (x.Path, Folder: FolderOf(x.Path), Code: CommentsAndStrings().Replace(x.Text, " "))).ToList();
        types = sources.GroupBy(x => x.Folder).ToDictionary(
            x => x.Key, x => x.SelectMany(file => Declarations().Matches(file.Code)).Select(found => found.Groups[1].Value).ToHashSet());
        foreach (var (path, folder, code) in sources.Where(x => x.Folder.Length > 0))
        {
            foreach (var used in Used(folder, code).Where(x => x.Length > 0 && x != folder))
            {
                edges.TryAdd((folder, used), path);
            }
        }
    }

    public static string FolderOf(string path) => path.Contains('/') ? path[..path.LastIndexOf('/')] : "";

    /// <summary>Pairs of folders that use each other, with a file for each direction.</summary>
    public IReadOnlyList<string> Pairs =>
        [.. edges.Keys.Where(x => string.CompareOrdinal(x.From, x.To) < 0 && edges.ContainsKey((x.To, x.From)))
            .Select(x => $"{x.From} and {x.To} use each other: {edges[x]} and {edges[(x.To, x.From)]}").Order(StringComparer.Ordinal)];

    /// <summary>Groups of folders of which each uses each, directly or through others, with the edges between them.</summary>
    public IReadOnlyList<string> Cycles
    {
        get
        {
            var reached = types.Keys.ToDictionary(x => x, Reached);
            var groups = types.Keys.Where(x => reached[x].Contains(x))
                .Select(x => string.Join(", ", reached[x].Where(y => reached[y].Contains(x)).Order(StringComparer.Ordinal))).Distinct();
            return [.. groups.Select(x => $"{x}: {string.Join("; ", EdgesWithin(x.Split(", ")))}")];
        }
    }

    IEnumerable<string> EdgesWithin(string[] folders) =>
        edges.Where(x => folders.Contains(x.Key.From) && folders.Contains(x.Key.To)).Select(x => $"{x.Value} uses {x.Key.To}");

    HashSet<string> Reached(string from)
    {
        var found = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var folder))
        {
            foreach (var (_, to) in edges.Keys.Where(x => x.From == folder))
            {
                if (found.Add(to))
                {
                    open.Push(to);
                }
            }
        }
        return found;
    }

    IEnumerable<string> Used(string folder, string code)
    {
        foreach (Match found in Usings().Matches(code))
        {
            yield return Longest(found.Groups[1].Value);
        }
        foreach (Match found in QualifiedNames().Matches(code))
        {
            yield return Qualified(folder, found.Value);
        }
        var words = Words().Matches(code).Select(x => x.Value).ToHashSet();
        for (var parent = FolderOf(folder); parent.Length > 0; parent = FolderOf(parent))
        {
            if (types.TryGetValue(parent, out var declared) && declared.Overlaps(words))
            {
                yield return parent;
            }
        }
    }

    /// <summary>The folder of a namespace, or of a type with its namespace; empty for other namespaces.</summary>
    string Longest(string name)
    {
        if (!name.StartsWith(root + ".", StringComparison.Ordinal))
        {
            return "";
        }
        var folder = name[(root.Length + 1)..].Replace('.', '/');
        while (folder.Length > 0 && !types.ContainsKey(folder))
        {
            folder = FolderOf(folder);
        }
        return folder;
    }

    /// <summary>The folder of a name such as <c>Storage.JobRow</c>, which is looked up from the namespace of its file outwards.</summary>
    string Qualified(string folder, string name)
    {
        var parts = name.Split('.').SkipWhile(x => x == "JobSystem").SkipWhile(x => root == $"JobSystem.{x}").ToArray();
        for (var length = parts.Length - 1; length > 0; length--)
        {
            for (var outer = folder; ; outer = FolderOf(outer))
            {
                var candidate = string.Join('/', (outer.Length > 0 ? [outer] : Array.Empty<string>()).Concat(parts[..length]));
                if (types.TryGetValue(candidate, out var declared) && declared.Contains(parts[length]))
                {
                    return candidate;
                }
                if (outer.Length == 0)
                {
                    break;
                }
            }
        }
        return "";
    }

    [GeneratedRegex(""""
        """[\s\S]*?"""|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])'|//[^\n]*|/\*[\s\S]*?\*/
        """")]
    private static partial Regex CommentsAndStrings();

    [GeneratedRegex(@"\b(?:class|record struct|record|struct|interface|enum|delegate [\w<>?]+) (\w+)")]
    private static partial Regex Declarations();

    [GeneratedRegex(@"^\s*@?(?:global )?using (?:static )?(?:\w+ = )?([\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Usings();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*(?:\.[A-Z]\w*)+")]
    private static partial Regex QualifiedNames();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Words();
}
