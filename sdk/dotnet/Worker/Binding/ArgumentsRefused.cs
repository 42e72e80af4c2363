namespace JobSystem.Worker.Binding;

/// <summary>The job's arguments do not fit the task. Trying again would not help.</summary>
sealed class ArgumentsRefused(string message) : Exception(message);
