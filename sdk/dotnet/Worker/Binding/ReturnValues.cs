namespace JobSystem.Worker.Binding;

/// <summary>Makes an outcome of whatever a handler returns.</summary>
static class ReturnValues
{
    static readonly JobOutcome nothing = new JobOutcome.Completed();

    public static bool IsAwaitable(Type type) => type == typeof(Task) || type == typeof(ValueTask) || ResultOf(type) is not null;

    /// <summary>The T of a <c>Task&lt;T&gt;</c> or <c>ValueTask&lt;T&gt;</c>.</summary>
    public static Type? ResultOf(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : null;

    public static JobOutcome ToOutcome(object? value) => value switch
    {
        null => nothing,
        JobOutcome outcome => outcome,
        _ => new JobOutcome.Completed(value),
    };

    public static ValueTask<JobOutcome> FromNothing() => new(nothing);

    public static ValueTask<JobOutcome> FromValue<T>(T value) => new(ToOutcome(value));

    public static ValueTask<JobOutcome> FromTask(Task task)
    {
        return task.IsCompletedSuccessfully ? new(nothing) : Wait(task);

        static async ValueTask<JobOutcome> Wait(Task task)
        {
            await task;
            return nothing;
        }
    }

    public static ValueTask<JobOutcome> FromTaskOf<T>(Task<T> task) => FromValueTaskOf(new ValueTask<T>(task));

    public static ValueTask<JobOutcome> FromValueTask(ValueTask task) => FromTask(task.IsCompletedSuccessfully ? Task.CompletedTask : task.AsTask());

    public static ValueTask<JobOutcome> FromValueTaskOf<T>(ValueTask<T> task)
    {
        return task.IsCompletedSuccessfully ? FromValue(task.GetAwaiter().GetResult()) : Wait(task);

        static async ValueTask<JobOutcome> Wait(ValueTask<T> task) => ToOutcome(await task);
    }
}
