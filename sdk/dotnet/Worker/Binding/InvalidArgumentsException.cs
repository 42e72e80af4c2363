namespace JobSystem.Worker.Binding;

/// <summary>The job's arguments do not match the task's parameters. A retry would not help.</summary>
sealed class InvalidArgumentsException(string message) : Exception(message);
