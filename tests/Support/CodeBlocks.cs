using System.Text.RegularExpressions;

namespace JobSystem.Support;

/// <summary>The C# of documents, to compare with code that compiles. White space does not count.</summary>
public static partial class CodeBlocks
{
    /// <summary>The blocks of a document, by its path in the repository.</summary>
    public static IReadOnlyList<string> OfDocument(params string[] path) => [.. Block().Matches(Read(path)).Select(x => Squeeze(x.Groups[1].Value))];

    /// <summary>A source file as the blocks are compared with it.</summary>
    public static string OfSource(params string[] path) => Squeeze(Read(path));

    static string Read(string[] path) => File.ReadAllText(Path.Combine([Repository.Root, .. path]));

    static string Squeeze(string text) => Spaces().Replace(text, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
