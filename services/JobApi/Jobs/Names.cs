using System.Diagnostics.CodeAnalysis;

namespace JobSystem.JobApi.Jobs;

/// <summary>Names of tasks and queues, and ids: what is safe in a path and in a broker's queue name.</summary>
public static class Names
{
    public const int TaskLength = 128;
    public const int QueueLength = 64;
    public const string ExpectedTask = "a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'";
    public const string ExpectedQueue = "a queue name of 1 to 64 letters, digits, '.', '_' or '-'";
    public const string ExpectedVersion = "a version of 1 to 64 letters, digits, '.', '_', '-' or '+'";

    public static bool IsTask(string? name) => IsWellFormed(name, TaskLength, colon: true);

    public static bool IsQueue(string? name) => IsWellFormed(name, QueueLength, colon: false) && name is not ("." or "..");

    public static bool IsVersion(string version) => version.Length is >= 1 and <= 64 && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '+');

    internal static bool IsWellFormed([NotNullWhen(true)] string? name, int maxLength, bool colon)
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
