using System.Diagnostics.CodeAnalysis;

namespace JobSystem.Contracts;

/// <summary>Names of tasks and queues, and ids: what is safe in a path and in a broker's queue name.</summary>
public static class Names
{
    /// <summary>Longest task name.</summary>
    public const int TaskLength = 128;

    /// <summary>Longest queue name.</summary>
    public const int QueueLength = 64;

    /// <summary>What a task name is, for messages.</summary>
    public const string ExpectedTask = "a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'";

    /// <summary>What a queue name is, for messages.</summary>
    public const string ExpectedQueue = "a queue name of 1 to 64 letters, digits, '.', '_' or '-'";

    /// <summary>What a task version is, for messages.</summary>
    public const string ExpectedVersion = "a version of 1 to 64 letters, digits, '.', '_', '-' or '+'";

    /// <summary>True for a well-formed task name.</summary>
    public static bool IsTask(string? name) => IsWellFormed(name, TaskLength, colon: true);

    /// <summary>True for a well-formed queue name.</summary>
    public static bool IsQueue(string? name) => IsWellFormed(name, QueueLength, colon: false) && name is not ("." or "..");

    /// <summary>True for a well-formed task version.</summary>
    public static bool IsVersion(string version) =>
        version.Length is >= 1 and <= 64 && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+');

    /// <summary>
    /// True for 1 to <paramref name="maxLength"/> letters, digits, dots, underscores or hyphens, with colons where <paramref name="colon"/>
    /// allows them.
    /// </summary>
    public static bool IsWellFormed([NotNullWhen(true)] string? name, int maxLength, bool colon)
    {
        if (string.IsNullOrEmpty(name) || name.Length > maxLength)
        {
            return false;
        }
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-') && !(colon && c == ':'))
            {
                return false;
            }
        }
        return true;
    }
}
