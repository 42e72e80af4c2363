namespace JobSystem;

/// <summary>
/// A job whose arguments are the members of this type, usually a record. Its task's name is in the <see cref="JobAttribute"/>. The members
/// are the task's named arguments, in snake_case: <c>OrderId</c> is <c>order_id</c>.
/// </summary>
public interface IJob;

/// <summary>A job whose task returns a result.</summary>
/// <typeparam name="TResult">What the task returns, as JSON with names in snake_case.</typeparam>
public interface IJob<TResult> : IJob;
