using System.Text.RegularExpressions;

namespace JobSystem.Journeys.Readme;

/// <summary>The fenced <c>bash</c> blocks of a Markdown document: what a reader pastes. Blocks in <c>sh</c> are shown, not run.</summary>
static partial class BashBlocks
{
    public static IEnumerable<string> Of(string markdown) =>
        Fence().Matches(markdown.ReplaceLineEndings("\n")).Select(block => block.Groups["body"].Value);

    [GeneratedRegex(@"^[ ]*```bash[ ]*\n(?<body>.*?)^[ ]*```[ ]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}

public sealed class BashBlocksTests
{
    [Fact]
    public void Of_ADocument_TakesTheBashBlocksAlone()
    {
        const string Text = """
            Intro
            ```bash
            one
            two
            ```
            ```sh
            not this
            ```
              ```bash
            three
              ```
            """;

        Assert.Equal(["one\ntwo\n", "three\n"], BashBlocks.Of(Text));
    }
}
