using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace JobSystem.Client.CodeGeneration;

/// <summary>Text of a file that is generated, with Unix line ends and four spaces, or two, for each level.</summary>
sealed class CodeText(string indentation)
{
    static readonly JavaScriptEncoder encoder = JavaScriptEncoder.Create(UnicodeRanges.All);
    readonly StringBuilder text = new();
    int level;

    /// <summary>A literal that means the same in JSON, C# and TypeScript.</summary>
    public static string Literal(string value) => $"\"{JsonEncodedText.Encode(value, encoder)}\"";

    /// <summary>The lines of a text for people, without what could end a comment or a line of one.</summary>
    public static IEnumerable<string> Lines(string prose) =>
        string.Concat(prose.Select(x => x is '\u0085' or '\u2028' or '\u2029' ? '\n' : char.IsControl(x) && x is not '\n' and not '\r' ? ' ' : x))
            .ReplaceLineEndings("\n").Trim().Split('\n').Select(x => x.TrimEnd());

    public CodeText Line(string line = "")
    {
        if (line.Length > 0)
        {
            for (var i = 0; i < level; i++)
            {
                text.Append(indentation);
            }
        }
        text.Append(line).Append('\n');
        return this;
    }

    public CodeText Open(string line)
    {
        Line(line);
        level++;
        return this;
    }

    public CodeText Close(string line)
    {
        level--;
        return Line(line);
    }

    public override string ToString() => text.ToString();
}
