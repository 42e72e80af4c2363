using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>docs/glossary.md says where each thing is; what it names exists.</summary>
public sealed partial class GlossaryTests
{
    static readonly string[] product = ["services", "sdk/dotnet", "gateway", "hosting", "api", "contracts"];

    [Fact]
    public void Names_OfTheGlossary_AreInTheCode()
    {
        var named = File.ReadLines(Path.Combine(Repository.Root, "docs", "glossary.md")).Select(x => x.Split('|')).Where(x => x.Length == 5)
            .SelectMany(x => Name().Matches(x[3]).Select(name => name.Groups[1].Value)).ToList();
        Assert.NotEmpty(named);
        var code = string.Join('\n',
            product.SelectMany(part => Directory.EnumerateFiles(Path.Combine(Repository.Root, part), "*.cs", SearchOption.AllDirectories))
            .Where(x => !x.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        Assert.Equal([], named.Where(name => !Regex.IsMatch(code, $@"\b{Regex.Escape(name)}\b")));
    }

    /// <summary>A type, a member of one, a column, a table or a setting.</summary>
    [GeneratedRegex(@"`(?:\w+\.)?(\w+)`")]
    private static partial Regex Name();
}
