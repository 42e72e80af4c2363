namespace JobSystem.Hosting.OneProcess;

/// <summary>The system cannot start; the message says why and what to do.</summary>
sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
