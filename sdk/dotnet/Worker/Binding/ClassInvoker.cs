using System.Buffers;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.Binding;

/// <summary>Creates invokers for the <see cref="IJobTask{TArgs, TResult}"/> that a class implements.</summary>
static class ClassInvoker
{
    public static Func<IServiceProvider, TaskInvoker> CreateFactory(Type task)
    {
        var contracts = task.GetInterfaces().Where(x => x.IsGenericType && x.GetGenericTypeDefinition() == typeof(IJobTask<,>)).ToList();
        if (contracts.Count != 1 || task.IsAbstract)
        {
            throw new ArgumentException($"{task.Name} has to implement IJobTask<TArgs, TResult> exactly once, and must not be abstract");
        }
        var invoker = typeof(ClassInvoker<,,>).MakeGenericType([task, .. contracts[0].GetGenericArguments()]);
        return services => (TaskInvoker)Activator.CreateInstance(invoker, services)!;
    }
}

/// <summary>A task that is a class: its arguments are the members of one object.</summary>
sealed class ClassInvoker<TTask, TArgs, TResult> : TaskInvoker
    where TTask : class, IJobTask<TArgs, TResult>
    where TArgs : notnull
{
    static readonly JsonTypeInfo<TArgs> json = (JsonTypeInfo<TArgs>)WorkerJson.Arguments.GetTypeInfo(typeof(TArgs));

    readonly ObjectFactory<TTask> create = ActivatorUtilities.CreateFactory<TTask>([]);
    readonly IServiceScopeFactory scopes;
    readonly List<TaskParameter> parameters;

    public ClassInvoker(IServiceProvider services)
    {
        if (json.Kind != JsonTypeInfoKind.Object)
        {
            throw new InvalidOperationException(
                $"{typeof(TTask).Name} takes {typeof(TArgs).Name}, which has no members that could be arguments: use a class or a record");
        }
        scopes = services.GetRequiredService<IServiceScopeFactory>();
        parameters = [.. json.Properties.Where(x => x.Set is not null || x.AssociatedParameter is not null).Select(ParameterFor)];
    }

    public override IReadOnlyList<TaskParameter> Parameters => parameters;

    public override ValueTask<JobOutcome> Invoke(TaskContext job, ArgumentBinder binder)
    {
        var args = Read(binder.Bind(job));
        var scope = scopes.CreateAsyncScope();
        return TaskScope.Run(() => Run(scope.ServiceProvider, args, job), scope.DisposeAsync);
    }

    ValueTask<JobOutcome> Run(IServiceProvider services, TArgs args, TaskContext job)
    {
        var task = create(services, null);
        return TaskScope.Run(
            async () => await ReturnValues.FromValue(await task.Run(args, job, job.CancellationToken)), () => Dispose(task));
    }

    /// <summary>The container does not dispose objects created by a factory.</summary>
    static ValueTask Dispose(TTask task)
    {
        if (task is IAsyncDisposable asynchronous)
        {
            return asynchronous.DisposeAsync();
        }
        (task as IDisposable)?.Dispose();
        return default;
    }

    TArgs Read(JsonElement[] values)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            for (var i = 0; i < values.Length; i++)
            {
                if (values[i].ValueKind != JsonValueKind.Undefined)
                {
                    writer.WritePropertyName(parameters[i].Name);
                    values[i].WriteTo(writer);
                }
            }
            writer.WriteEndObject();
        }
        try
        {
            return JsonSerializer.Deserialize(buffer.WrittenSpan, json)!;
        }
        catch (JsonException exception)
        {
            throw Explain(values, exception);
        }
    }

    /// <summary>The serializer reports where it failed but not what it found, so the members are read one by one.</summary>
    InvalidArgumentsException Explain(JsonElement[] values, JsonException exception)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i].ValueKind == JsonValueKind.Undefined)
            {
                continue;
            }
            if (values[i].ValueKind == JsonValueKind.Null && !parameters[i].IsNullable)
            {
                return parameters[i].Mismatch(values[i]);
            }
            try
            {
                values[i].Deserialize(parameters[i].Type, WorkerJson.Arguments);
            }
            catch (JsonException inner)
            {
                return parameters[i].Explain(values[i], inner);
            }
        }
        return new($"the arguments do not fit together{(exception.Path is { Length: > 1 } path ? $" at {path}" : "")}");
    }

    static TaskParameter ParameterFor(JsonPropertyInfo property)
    {
        var parameter = property.AssociatedParameter;
        var nullable = property.IsSetNullable || Nullable.GetUnderlyingType(property.PropertyType) is not null;
        var required = property.IsRequired || parameter is { HasDefaultValue: false } && !nullable;
        var defaultValue = parameter is { HasDefaultValue: true } ? parameter.DefaultValue : null;
        var created = (TaskParameter)Activator.CreateInstance(
            typeof(TaskParameter<>).MakeGenericType(property.PropertyType),
            (property.AttributeProvider as MemberInfo)?.Name ?? property.Name, property.Name, nullable, required, defaultValue)!;
        var attributes = property.AttributeProvider?.GetCustomAttributes(typeof(DescriptionAttribute), true) ?? [];
        created.Description = attributes.OfType<DescriptionAttribute>().FirstOrDefault()?.Description;
        return created;
    }
}
