using System.Text.RegularExpressions;
using JobSystem.Support;

namespace JobSystem.Documents.Tests;

/// <summary>Links within the repository lead to a file, and to a heading in it.</summary>
public sealed partial class LinkTests
{
    public static TheoryData<string> Pages => [.. DocumentPages.All];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_OfAPage_LeadSomewhere(string page) =>
        Assert.Equal([], Link().Matches(Fence().Replace(DocumentPages.Read(page), "")).Select(x => x.Groups[1].Value).Where(x => !LeadsSomewhere(page, x)));

    /// <summary>A page that no index names is found by nobody.</summary>
    [Fact]
    public void Pages_OfDocs_AreInTheIndex()
    {
        var index = DocumentPages.Read("docs/README.md");
        Assert.Equal([], DocumentPages.All.Where(x => x.StartsWith("docs/", StringComparison.Ordinal) && !x.StartsWith("docs/adr/", StringComparison.Ordinal))
            .Select(x => x["docs/".Length..]).Where(x => x != "README.md" && !index.Contains($"({x}", StringComparison.Ordinal)));
    }

    [Fact]
    public void Links_ThatLeadNowhere_AreFound()
    {
        Assert.False(LeadsSomewhere("docs/README.md", "no-such-page.md"));
        Assert.False(LeadsSomewhere("docs/README.md", "errors.md#no-such-heading"));
        Assert.True(LeadsSomewhere("docs/README.md", "errors.md#errors-of-attempts"));
    }

    static bool LeadsSomewhere(string page, string link)
    {
        if (link.Contains("://", StringComparison.Ordinal))
        {
            return true;
        }
        var (path, heading) = link.Split('#') is [var before, var after] ? (before, after) : (link, null);
        var target = path.Length == 0 ? page : Path.GetRelativePath("/", Path.Combine("/", Path.GetDirectoryName(page)!, path));
        var file = Path.Combine(Repository.Root, target);
        return heading is null ? Path.Exists(file) : File.Exists(file) && Heading().Matches(File.ReadAllText(file)).Any(x => Anchor(x.Groups[1].Value) == heading);
    }

    /// <summary>As GitHub makes it.</summary>
    static string Anchor(string heading) => NotInAnchors().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
