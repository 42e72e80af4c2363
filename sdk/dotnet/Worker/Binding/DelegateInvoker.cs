using System.ComponentModel;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Binding;

/// <summary>A task that is a delegate, called through one compiled expression.</summary>
sealed class DelegateInvoker : TaskInvoker
{
    static readonly NullabilityInfoContext nullability = new();

    readonly List<TaskParameter> parameters = [];
    readonly Func<TaskCall, ValueTask<JobOutcome>> call;
    readonly IServiceScopeFactory? scopes;
    bool needsServices;

    public DelegateInvoker(Delegate handler, IServiceProvider services)
    {
        var known = services.GetRequiredService<IServiceProviderIsService>();
        var source = Expression.Parameter(typeof(TaskCall));
        var arguments = handler.Method.GetParameters().Skip(HiddenParameters(handler)).Select(x => BindParameter(x, source, known))
            .ToList();
        var invoke = Expression.Invoke(Expression.Constant(handler), arguments);
        call = Expression.Lambda<Func<TaskCall, ValueTask<JobOutcome>>>(ToOutcome(invoke, handler.Method.ReturnType), source).Compile();
        scopes = needsServices ? services.GetRequiredService<IServiceScopeFactory>() : null;
    }

    public override IReadOnlyList<TaskParameter> Parameters => parameters;

    public override ValueTask<JobOutcome> Invoke(TaskContext job, ArgumentBinder binder, IServiceProvider? services)
    {
        var values = binder.Bind(job);
        return scopes is null || services is not null ? call(new(job, values, parameters, services)) : InScope(job, values);
    }

    ValueTask<JobOutcome> InScope(TaskContext job, System.Text.Json.JsonElement[] values)
    {
        var scope = scopes!.CreateAsyncScope();
        return TaskScope.Run(() => call(new(job, values, parameters, scope.ServiceProvider)), scope.DisposeAsync);
    }

    /// <summary>Number of implicit parameters: compiled lambdas and extension methods have their target as the first one.</summary>
    static int HiddenParameters(Delegate handler) =>
        handler.Method.GetParameters().Length - handler.GetType().GetMethod("Invoke")!.GetParameters().Length;

    Expression BindParameter(ParameterInfo parameter, ParameterExpression source, IServiceProviderIsService known)
    {
        var type = parameter.ParameterType;
        var job = Expression.Property(source, nameof(TaskCall.Job));
        if (type == typeof(TaskContext))
        {
            return job;
        }
        if (type == typeof(CancellationToken))
        {
            return Expression.Property(job, nameof(TaskContext.CancellationToken));
        }
        if (type == typeof(ILogger))
        {
            return Expression.Property(job, nameof(TaskContext.Logger));
        }
        return BindService(parameter, source, known) ?? BindArgument(parameter, source);
    }

    MethodCallExpression? BindService(ParameterInfo parameter, ParameterExpression source, IServiceProviderIsService known)
    {
        var type = parameter.ParameterType;
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { Key: { } key })
        {
            needsServices = true;
            return Expression.Call(source, nameof(TaskCall.KeyedService), [type], Expression.Constant(key, typeof(object)));
        }
        // Containers resolve IEnumerable<T> for every T; it counts as a service only if T is one
        var item = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>) ? type.GetGenericArguments()[0] : type;
        if (known.IsService(item))
        {
            needsServices = true;
            return Expression.Call(source, IsOptional(parameter) ? nameof(TaskCall.OptionalService) : nameof(TaskCall.Service), [type]);
        }
        return type.IsInterface && !typeof(System.Collections.IEnumerable).IsAssignableFrom(type)
            ? throw new InvalidOperationException(
                $"Parameter '{parameter.Name}' of type {type.Name} is not a registered service, and no argument can be of that type")
            : null;
    }

    MethodCallExpression BindArgument(ParameterInfo parameter, ParameterExpression source)
    {
        if (parameter.ParameterType.IsByRef)
        {
            throw new InvalidOperationException($"Parameter '{parameter.Name}' is passed by reference, which is not possible in a task");
        }
        var nullable = IsNullable(parameter);
        var created = (TaskParameter)Activator.CreateInstance(
            typeof(TaskParameter<>).MakeGenericType(parameter.ParameterType),
            parameter.Name ?? $"arg{parameters.Count}", null, nullable, !nullable && !parameter.HasDefaultValue, DefaultOf(parameter))!;
        created.Description = parameter.GetCustomAttribute<DescriptionAttribute>()?.Description;
        parameters.Add(created);
        return Expression.Call(source, nameof(TaskCall.Argument), [parameter.ParameterType], Expression.Constant(parameters.Count - 1));
    }

    static bool IsOptional(ParameterInfo parameter) => parameter.HasDefaultValue || IsNullable(parameter);

    /// <summary>Without nullable annotations, reference parameters are optional.</summary>
    static bool IsNullable(ParameterInfo parameter)
    {
        lock (nullability)
        {
            return nullability.Create(parameter).WriteState != NullabilityState.NotNull;
        }
    }

    /// <summary>Reflection returns the default value of an enum as a number, and that of a struct as null.</summary>
    static object? DefaultOf(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return parameter is { HasDefaultValue: true, DefaultValue: { } value } ? type.IsEnum ? Enum.ToObject(type, value) : value
            : parameter.ParameterType.IsValueType && type == parameter.ParameterType ? Activator.CreateInstance(type)
            : null;
    }

    static Expression ToOutcome(Expression invoke, Type type)
    {
        if (type == typeof(void))
        {
            return Expression.Block(invoke, Expression.Call(typeof(ReturnValues), nameof(ReturnValues.FromNothing), []));
        }
        if (type == typeof(Task))
        {
            return Expression.Call(typeof(ReturnValues), nameof(ReturnValues.FromTask), [], invoke);
        }
        if (type == typeof(ValueTask))
        {
            return Expression.Call(typeof(ReturnValues), nameof(ReturnValues.FromValueTask), [], invoke);
        }
        var converter = type.IsValueType ? nameof(ReturnValues.FromValueTaskOf) : nameof(ReturnValues.FromTaskOf);
        return ReturnValues.ResultOf(type) is { } result
            ? Expression.Call(typeof(ReturnValues), converter, [result], invoke)
            : Expression.Call(typeof(ReturnValues), nameof(ReturnValues.FromValue), [type], invoke);
    }
}
