using System.Reflection;

namespace JobSystem.Worker.Binding;

/// <summary>Converts the return value of a handler to an outcome. Awaitables are awaited, also nested ones.</summary>
static class ReturnValues
{
    static readonly JobOutcome nothing = new JobOutcome.Completed();

    public static bool IsAwaitable(Type type) => type == typeof(Task) || type == typeof(ValueTask) || ResultOf(type) is not null;

    /// <summary>The T of a <c>Task&lt;T&gt;</c> or <c>ValueTask&lt;T&gt;</c>.</summary>
    public static Type? ResultOf(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            ? type.GetGenericArguments()[0]
            : null;

    public static ValueTask<JobOutcome> FromNothing() => new(nothing);

    public static ValueTask<JobOutcome> FromValue<T>(T value)
    {
        // Avoids boxing a value that cannot be a task
        var mayBeTask = value is not null && (!typeof(T).IsValueType || IsAwaitable(typeof(T)));
        return mayBeTask && AsTask(value!) is { } task ? Settle(task) : new(ToOutcome(value));
    }

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

    public static ValueTask<JobOutcome> FromValueTask(ValueTask task) =>
        FromTask(task.IsCompletedSuccessfully ? Task.CompletedTask : task.AsTask());

    public static ValueTask<JobOutcome> FromValueTaskOf<T>(ValueTask<T> task)
    {
        return task.IsCompletedSuccessfully ? FromValue(task.GetAwaiter().GetResult()) : Wait(task);

        static async ValueTask<JobOutcome> Wait(ValueTask<T> task) => await FromValue(await task);
    }

    static JobOutcome ToOutcome(object? value) => value switch
    {
        null => nothing,
        JobOutcome outcome => outcome,
        _ => new JobOutcome.Completed(value),
    };

    static async ValueTask<JobOutcome> Settle(Task task)
    {
        object? value;
        do
        {
            await task;
            value = Result(task);
        } while (value is not null && (task = AsTask(value)!) is not null);
        return ToOutcome(value);
    }

    /// <summary>Null if the value is not awaitable.</summary>
    static Task? AsTask(object value) => value switch
    {
        Task task => task,
        ValueTask task => task.AsTask(),
        _ when value.GetType() is { IsValueType: true, IsGenericType: true } type
            && type.GetGenericTypeDefinition() == typeof(ValueTask<>) =>
            (Task)type.GetMethod(nameof(ValueTask<>.AsTask))!.Invoke(value, BindingFlags.DoNotWrapExceptions, null, null, null)!,
        _ => null,
    };

    /// <summary>Null for a task without a result; async methods return an internal type in that case.</summary>
    static object? Result(Task task)
    {
        var type = task.GetType();
        while (type is not null && !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)))
        {
            type = type.BaseType;
        }
        return type?.GetGenericArguments()[0].IsVisible == true ? type.GetProperty("Result")!.GetValue(task) : null;
    }
}
