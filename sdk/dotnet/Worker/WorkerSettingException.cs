namespace JobSystem.Worker;

/// <summary>
/// A setting of a worker is missing or invalid. <see cref="JobWorker.RunAsync"/> prints the message and sets the process's exit code to
/// <see cref="ExitCode"/>.
/// </summary>
public sealed class WorkerSettingException : InvalidOperationException
{
    /// <summary>78, which is EX_CONFIG of sysexits.h.</summary>
    public const int ExitCode = 78;

    /// <inheritdoc/>
    public WorkerSettingException()
    {
    }

    /// <inheritdoc/>
    public WorkerSettingException(string message) : base(message)
    {
    }

    /// <inheritdoc/>
    public WorkerSettingException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
