using Microsoft.Extensions.Logging;

namespace JobSystem.Hosting.Embedding;

/// <summary>What the system logs goes to the application's log.</summary>
sealed class OuterLogs(ILoggerFactory application) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => application.CreateLogger(categoryName);

    public void Dispose()
    {
        // The application's own
    }
}
