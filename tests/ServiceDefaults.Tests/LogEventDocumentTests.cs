using System.Globalization;
using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.ServiceDefaults.Tests;

/// <summary>Log events have ids that are unique in the product, in the block of their part, and docs/logging.md lists them.</summary>
public sealed partial class LogEventDocumentTests
{
    /// <summary>First and last id of each part.</summary>
    static readonly Dictionary<string, (int First, int Last)> blocks = new()
    {
        ["hosting/ServiceDefaults"] = (1000, 1499),
        ["gateway"] = (1500, 1999),
        ["services/JobApi"] = (2000, 2999),
        ["services/Scheduler"] = (3000, 3999),
        ["services/Monitoring"] = (4000, 4999),
        ["sdk/dotnet/Worker"] = (5000, 5499),
        ["services/Executor"] = (5500, 5999),
        ["sdk/dotnet/Client.EntityFrameworkCore"] = (6000, 6499),
        ["sdk/dotnet/Hosting"] = (6500, 6999),
    };

    [Fact]
    public void Ids_OfAllEvents_AreUnique() =>
        Assert.Empty(InCode().GroupBy(x => x.Id).Where(x => x.Count() > 1)
            .Select(x => $"{x.Key}: {string.Join(", ", x.Select(e => e.File))}"));

    [Fact]
    public void Ids_OfAllEvents_LieInTheBlockOfTheirPart() =>
        Assert.All(InCode(), x => Assert.InRange(x.Id, BlockOf(x.File).First, BlockOf(x.File).Last));

    [Fact]
    public void Events_OfTheCode_AreThoseOfTheDocument()
    {
        var documented = File.ReadLines(Path.Combine(Repository.Root, "docs", "logging.md"))
            .Select(x => Row().Match(x)).Where(x => x.Success)
            .Select(x => (int.Parse(x.Groups[1].Value, CultureInfo.InvariantCulture), x.Groups[2].Value.Trim('`'))).Order();
        Assert.Equal(InCode().Select(x => (x.Id, x.Message)).Order(), documented);
    }

    [Fact]
    public void Lines_OfOurOwn_GoThroughALogger() =>
        Assert.Empty(Sources().Where(x => x.Text.Contains("LogContext.", StringComparison.Ordinal)).Select(x => x.File));

    static (int First, int Last) BlockOf(string file) =>
        blocks[blocks.Keys.Single(part => file.StartsWith(part + "/", StringComparison.Ordinal))];

    static IEnumerable<(int Id, string Message, string File)> InCode() =>
        from source in Sources()
        from Match found in Attribute().Matches(source.Text)
        select (int.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture), found.Groups[2].Value, source.File);

    static IEnumerable<(string File, string Text)> Sources() =>
        from part in blocks.Keys
        from path in Directory.EnumerateFiles(Path.Combine(Repository.Root, part), "*.cs", SearchOption.AllDirectories)
        where !path.Contains("/obj/", StringComparison.Ordinal)
        select (Path.GetRelativePath(Repository.Root, path), File.ReadAllText(path));

    [GeneratedRegex("""\[LoggerMessage\(\s*(?:EventId = )?(\d+)[^"]*"((?:[^"\\]|\\.)*)"\s*\)\]""")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^\| (\d+) \| [^|]* \| (`.*`) \|$")]
    private static partial Regex Row();
}
