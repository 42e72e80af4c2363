using System.Text.RegularExpressions;

namespace JobSystem.Journeys.Readme;

/// <summary>
/// The fenced <c>bash</c> blocks of a Markdown document: what a reader pastes. One is left out only below a line that says so and gives the reason.
/// </summary>
static partial class BashBlocks
{
    public static IEnumerable<string> Runnable(string markdown) =>
        Blocks(markdown).Where(block => !block.Groups["reason"].Success).Select(block => block.Groups["body"].Value);

    /// <summary>Why blocks are left out.</summary>
    public static IEnumerable<string> Reasons(string markdown) =>
        Blocks(markdown).Where(block => block.Groups["reason"].Success).Select(block => block.Groups["reason"].Value);

    /// <summary>Blocks of a shell in another name, which nobody would run.</summary>
    public static IEnumerable<string> InOtherNames(string markdown) => OtherShell().Matches(markdown.ReplaceLineEndings("\n")).Select(block => block.Value);

    static MatchCollection Blocks(string markdown) => Fence().Matches(markdown.ReplaceLineEndings("\n"));

    [GeneratedRegex(@"(^Not run by the tests: (?<reason>[^\n]+)\n\n)?^[ ]*```bash[ ]*\n(?<body>.*?)^[ ]*```[ ]*$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[ ]*```(sh|shell|console|zsh|shell-session)\b.*$", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex OtherShell();
}

public sealed class BashBlocksTests
{
    const string Text = """
        Intro
        ```bash
        one
        two
        ```

        Not run by the tests: it needs a printer.

        ```bash
        not this
        ```

        ```sh
        never
        ```
          ```bash
        three
          ```
        """;

    [Fact]
    public void Runnable_OfADocument_IsAllButThoseWithAReason() => Assert.Equal(["one\ntwo\n", "three\n"], BashBlocks.Runnable(Text));

    [Fact]
    public void Reasons_OfADocument_AreNamed() => Assert.Equal(["it needs a printer."], BashBlocks.Reasons(Text));

    [Fact]
    public void InOtherNames_OfADocument_AreFound() => Assert.Equal(["```sh"], BashBlocks.InOtherNames(Text));
}
