namespace JobSystem.Worker.Binding;

/// <summary>A task as registered; compiled once when the worker starts.</summary>
sealed class TaskDefinition
{
    const int MaxNameLength = 200;

    public TaskDefinition(string name, Func<IServiceProvider, TaskInvoker> compile, bool IsAsync)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxNameLength || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            throw new ArgumentException(
                $"'{name}' is not a valid task name: expected 1 to {MaxNameLength} characters without spaces", nameof(name));
        }
        (Name, Compile, this.IsAsync) = (name, compile, IsAsync);
    }

    public string Name { get; }
    public Func<IServiceProvider, TaskInvoker> Compile { get; }
    public bool IsAsync { get; }
    public string Version { get; set; } = "1.0";
    public string? Description { get; set; }
    public string? Queue { get; set; }
    public int? MaxRetries { get; set; }
    public TimeSpan? RetryDelay { get; set; }
    public TimeSpan? Timeout { get; set; }
    public bool AnyArguments { get; set; }
}
