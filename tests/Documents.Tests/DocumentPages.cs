using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.Documents.Tests;

/// <summary>What is written for readers: the documents, and the readmes of packages and samples. Paths are those of the repository.</summary>
static partial class DocumentPages
{
    public static IReadOnlyList<string> All { get; } =
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
        .. ((string[])["docs", "samples", "sdk/dotnet"]).SelectMany(Below).Order(StringComparer.Ordinal),
    ];

    public static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    public static IReadOnlyList<string> CSharpBlocks(string page) => [.. CSharp().Matches(Read(page)).Select(x => x.Groups[1].Value)];

    static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories)
            .Select(x => Path.GetRelativePath(Repository.Root, x));

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharp();
}
