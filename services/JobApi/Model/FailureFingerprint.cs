using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Model;

/// <summary>
/// Failures are of one kind when task, error type and the innermost frames of the stack are the same; without a stack the message counts, but for the
/// numbers and ids in it.
/// </summary>
static partial class FailureFingerprint
{
    public const string Expected = "a fingerprint of 16 hexadecimal digits, as GET /api/v1/failures gives";
    const int MostFrames = 3;
    const int Bytes = 8;
    const int MessageLength = 200;

    /// <param name="error">JSON of an <see cref="AttemptError"/>, or null.</param>
    public static string Compute(string taskName, string status, string? error)
    {
        var parsed = error is null ? null : JsonSerializer.Deserialize<AttemptError>(error);
        var frames = Frames(parsed?.Stack);
        var place = frames.Count > 0 ? string.Join('\n', frames) : Varying().Replace(Start(parsed?.Message ?? ""), "#");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{taskName}\n{parsed?.Type ?? status}\n{place}")).AsSpan(0, Bytes));
    }

    /// <summary>Method names of the innermost stack frames, without arguments, files and lines, which differ between builds.</summary>
    public static IReadOnlyList<string> Frames(string? stack) =>
        stack is null ? [] : [.. Frame().Matches(stack).Take(MostFrames).Select(x => x.Groups[1].Value)];

    public static bool IsWellFormed(string text) => WellFormed().IsMatch(text);

    static string Start(string message) => message.Length <= MessageLength ? message : message[..MessageLength];

    // Of blanks those of its own line only: a stack of empty lines would be read again from each of them
    [GeneratedRegex(@"^[ \t]*at ([^\s(][^(\r\n]{0,300})\(", RegexOptions.Multiline)]
    private static partial Regex Frame();

    [GeneratedRegex(@"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|\b(?=[a-fA-F]*\d)[0-9a-fA-F]{8,}\b|\d+")]
    private static partial Regex Varying();

    [GeneratedRegex("^[0-9a-f]{16}$")]
    private static partial Regex WellFormed();
}
