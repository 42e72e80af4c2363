using JobSystem.Worker.Reporting;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Running;

/// <summary>Passes log lines that are written while a task runs, through any logger, to its attempt.</summary>
[ProviderAlias("JobLog")]
sealed class JobLogProvider : ILoggerProvider, ISupportExternalScope
{
    static readonly AsyncLocal<IAttempt?> current = new();
    readonly JobLogger logger = new();

    /// <summary>The attempt of the current execution context.</summary>
    public static IAttempt? Current
    {
        get => current.Value;
        set => current.Value = value;
    }

    /// <summary>Adds it to the loggers of a program.</summary>
    public static void AddTo(ILoggingBuilder logging)
    {
        logging.AddProvider(new JobLogProvider());
        // Independent of the levels of the console; lines of the infrastructure are not about the job
        logging.AddFilter<JobLogProvider>(null, LogLevel.Information);
        logging.AddFilter<JobLogProvider>("Microsoft", LogLevel.Warning);
        logging.AddFilter<JobLogProvider>("System", LogLevel.Warning);
        logging.AddFilter<JobLogProvider>("MassTransit", LogLevel.Warning);
    }

    public ILogger CreateLogger(string categoryName) => logger;

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => logger.Scopes = scopeProvider;

    public void Dispose()
    {
    }

    sealed class JobLogger : ILogger
    {
        public IExternalScopeProvider? Scopes { get; set; }

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Information and not LogLevel.None && current.Value is not null;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var text = UserCodeText.Read("the log line", () => formatter(state, exception));
                var whole = exception is null
                    ? text
                    : $"{text}{Environment.NewLine}{UserCodeText.Read("the exception", exception.ToString)}";
                current.Value!.Log(logLevel, whole, LogFields.Read(state, Scopes));
            }
        }

        /// <summary>Scopes are managed by the logger factory.</summary>
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    }
}
