using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.Hosting.Tests;

/// <summary>What the documents show is what compiles.</summary>
public sealed partial class HostingPageTests
{
    [Fact]
    public void Blocks_OfThePage_AreInTheCode()
    {
        var code = Squeeze(Read("tests", "Hosting.Tests", "HostingPage.cs"));
        var blocks = Blocks("docs", "hosting.md");
        Assert.NotEmpty(blocks);
        Assert.All(blocks, x => Assert.Contains(x, code, StringComparison.Ordinal));
    }

    /// <summary>Tests of the packages run that one.</summary>
    [Fact]
    public void Block_OfTheReadme_IsTheProgramOfThePackage() =>
        Assert.Contains(Blocks("sdk", "dotnet", "Hosting", "README.md")[0], Blocks("README.md"));

    static List<string> Blocks(params string[] path) => [.. Block().Matches(Read(path)).Select(x => Squeeze(x.Groups[1].Value))];

    static string Read(params string[] path) => File.ReadAllText(Path.Combine([Repository.Root, .. path]));

    static string Squeeze(string text) => Spaces().Replace(text, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
