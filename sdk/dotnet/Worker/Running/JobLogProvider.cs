using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>Hands whatever is logged while a task runs, by whichever logger, to the attempt it belongs to.</summary>
[ProviderAlias("JobLog")]
sealed class JobLogProvider : ILoggerProvider
{
    static readonly AsyncLocal<AttemptRun?> current = new();
    static readonly JobLogger logger = new();

    /// <summary>The attempt that the current flow of control belongs to.</summary>
    public static AttemptRun? Current
    {
        get => current.Value;
        set => current.Value = value;
    }

    public ILogger CreateLogger(string categoryName) => logger;

    public void Dispose()
    {
    }

    sealed class JobLogger : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None && current.Value is not null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var text = formatter(state, exception);
                current.Value!.Write(logLevel, exception is null ? text : $"{text}{Environment.NewLine}{exception}");
            }
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
