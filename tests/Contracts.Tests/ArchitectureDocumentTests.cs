using System.Text.RegularExpressions;

namespace JobSystem.Contracts.Tests;

/// <summary>Documents that lead through the code name files that exist.</summary>
public sealed partial class ArchitectureDocumentTests
{
    const int MostFilesOnAJobsWay = 15;

    [Theory]
    [InlineData("docs/architecture.md", 20)]
    [InlineData("docs/saga.md", 3)]
    [InlineData("docs/lifecycle.md", 1)]
    public void Files_OfADocument_Exist(string document, int atLeast)
    {
        var files = Files(SourceTree.Read(document));
        Assert.True(files.Count >= atLeast, $"{document} names {files.Count} files");
        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(SourceTree.Root, file)), $"{document} names {file}, which does not exist"));
    }

    [Fact]
    public void Way_OfAJob_HasFewFiles()
    {
        var way = SourceTree.Read("docs/architecture.md").Split("## ").Single(x => x.StartsWith("The way of a job", StringComparison.Ordinal));
        Assert.InRange(Files(way).Count, 10, MostFilesOnAJobsWay);
    }

    static List<string> Files(string text) => [.. FilePattern().Matches(text).Select(x => x.Groups[1].Value)];

    [GeneratedRegex(@"`((?:[\w.-]+/)+\w+\.cs)`")]
    private static partial Regex FilePattern();
}
