using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using JobSystem.Contracts;

namespace JobSystem.Worker.Binding;

/// <summary>A task parameter that is filled from the job's arguments.</summary>
abstract class TaskParameter
{
    readonly byte[] wireName;
    readonly byte[] otherName;
    JsonElement? schema;

    protected TaskParameter(string clrName, string? name, Type type, bool nullable, bool required)
    {
        Name = name ?? WorkerJson.NameOf(clrName);
        Type = type;
        IsNullable = nullable;
        IsRequired = required;
        // Callers may use either spelling. Comparing bytes avoids a string for each key of each job
        wireName = Encoding.UTF8.GetBytes(Name);
        otherName = Encoding.UTF8.GetBytes(JsonNamingPolicy.CamelCase.ConvertName(clrName));
    }

    /// <summary>Name in kwargs, in snake_case.</summary>
    public string Name { get; }
    public Type Type { get; }
    public bool IsNullable { get; }
    public bool IsRequired { get; }
    public string? Description { get; set; }
    public abstract object? DefaultValue { get; }

    public bool HasName(in JsonProperty property) => property.NameEquals(wireName) || property.NameEquals(otherName);

    /// <summary>Translates the serializer's error from .NET types into JSON schema types.</summary>
    public InvalidArgumentsException Explain(JsonElement value, JsonException exception)
    {
        schema ??= JsonSerializer.SerializeToElement(ParameterSchema.Describe(this));
        if (ArgumentSchema.CheckValue(schema.Value, value, "$") is { Count: > 0 } problems)
        {
            var places = problems.Select(x => $"at {x.Path}: expected {x.Expected}, got {x.Got}");
            return problems[0].Path == "$" ? Mismatch(value) : new($"argument '{Name}' {string.Join("; ", places)}");
        }
        // The schema does not describe all constraints
        if (exception.Path is not { Length: > 1 } path)
        {
            return Mismatch(value);
        }
        var (type, actual) = JsonPlace.Find(Type, value, path);
        var expected = type is null ? "another value" : JsonTypeNames.Expected(type, nullable: false);
        return exception.Message.StartsWith("Duplicate", StringComparison.Ordinal)
            ? new($"argument '{Name}' at {path}: expected each name once, got one more than once")
            : new($"argument '{Name}' at {path}: expected {expected}, got {JsonTypeNames.Describe(actual)}");
    }

    public InvalidArgumentsException Mismatch(JsonElement actual) =>
        new($"argument '{Name}': expected {JsonTypeNames.Expected(Type, IsNullable)}, got {JsonTypeNames.Describe(actual)}");
}

/// <summary>Deserializes one argument.</summary>
sealed class TaskParameter<T>(string clrName, string? name, bool nullable, bool required, T? defaultValue) :
    TaskParameter(clrName, name, typeof(T), nullable, required)
{
    readonly JsonTypeInfo<T> json = (JsonTypeInfo<T>)WorkerJson.Arguments.GetTypeInfo(typeof(T));

    public override object? DefaultValue => defaultValue;

    public T? Read(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined:
                return defaultValue;
            case JsonValueKind.Null when IsNullable:
                return default;
            case JsonValueKind.Null:
                throw Mismatch(value);
        }
        try
        {
            return value.Deserialize(json);
        }
        catch (JsonException exception)
        {
            throw Explain(value, exception);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or OverflowException)
        {
            throw Mismatch(value);
        }
    }
}
