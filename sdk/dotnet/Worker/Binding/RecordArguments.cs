using System.Buffers;
using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Worker.Binding;

/// <summary>The arguments of a task that are the members of one object.</summary>
sealed class RecordArguments<TArgs> where TArgs : notnull
{
    /// <summary>What <see cref="JobValidation"/> calls the job itself.</summary>
    const string All = "kwargs";

    static readonly JsonTypeInfo<TArgs> json = (JsonTypeInfo<TArgs>)WorkerJson.Arguments.GetTypeInfo(typeof(TArgs));

    readonly IServiceProvider services;
    readonly List<TaskParameter> parameters;

    /// <exception cref="InvalidOperationException">The type is not an object in JSON.</exception>
    public RecordArguments(IServiceProvider services)
    {
        if (json.Kind != JsonTypeInfoKind.Object)
        {
            throw new InvalidOperationException($"{typeof(TArgs).Name} has no members that could be arguments: use a class or a record");
        }
        this.services = services;
        parameters = [.. json.Properties.Where(x => x.Set is not null || x.AssociatedParameter is not null).Select(ParameterFor)];
    }

    public IReadOnlyList<TaskParameter> Parameters => parameters;

    /// <exception cref="InvalidArgumentsException">An argument has the wrong type, or the job says that it is not valid.</exception>
    public TArgs Read(JsonElement[] values)
    {
        var read = Deserialize(values);
        if (read is IJob)
        {
            Validate(read);
        }
        return read;
    }

    /// <summary>Whoever submitted it need not have validated it.</summary>
    void Validate(TArgs job)
    {
        var problems = JobValidation.Validate(job, services);
        if (problems.Count > 0)
        {
            throw new InvalidArgumentsException(string.Join("; ", problems.SelectMany(
                x => x.Value.Select(message => x.Key == All ? message : $"argument '{x.Key[(All.Length + 1)..]}': {message}"))));
        }
    }

    TArgs Deserialize(JsonElement[] values)
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
