namespace JobSystem.Contracts.Tests;

/// <summary>The repository that these tests were built from.</summary>
static class SourceTree
{
    static readonly string[] generated = ["artifacts", "bin", "obj", "node_modules", ".git"];

    public static string Root { get; } = Find(new(AppContext.BaseDirectory));

    static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException($"no JobSystem.sln above {AppContext.BaseDirectory}"),
        _ when File.Exists(Path.Combine(folder.FullName, "JobSystem.sln")) => folder.FullName,
        _ => Find(folder.Parent),
    };

    /// <summary>Paths from the root, with forward slashes, without what builds leave behind.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
        [.. Walk(Root, pattern).Select(x => Path.GetRelativePath(Root, x).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    static IEnumerable<string> Walk(string folder, string pattern) =>
        Directory.EnumerateFiles(folder, pattern).Concat(Directory.EnumerateDirectories(folder)
            .Where(x => !generated.Contains(Path.GetFileName(x)))
            .SelectMany(x => Walk(x, pattern)));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));
}
