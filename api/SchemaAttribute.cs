namespace JobSystem.Api;

/// <summary>Names the schema of the OpenAPI document that a record is, where the names differ: .NET has a <c>Task</c> of its own.</summary>
/// <param name="name">Name of the component.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SchemaAttribute(string name) : Attribute
{
    /// <summary>Name of the component.</summary>
    public string Name => name;

    /// <summary>Name of the component that is a page of these records; <c>…Page</c> unless given.</summary>
    public string Page { get; init; } = $"{name}Page";
}
