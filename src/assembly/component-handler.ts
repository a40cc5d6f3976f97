// What a component answers: whether it is well, to everybody; its figures and the like, to whom the API server allows them.
import { ApiError, type ApiHandler, type ApiRequest, type ApiResponse } from '#machinery'
import { errorAnswer } from '#server/listen'
import { serverError } from '#server'
import { ReviewFailed, type DelegatedReviews } from './delegated-reviews.ts'

export interface ComponentHandlerOptions {
  readonly reviews: Pick<DelegatedReviews, 'check'>
  /** Answers once it is known that the caller may ask. */
  readonly pages: (request: ApiRequest) => Promise<ApiResponse>
  /** Paths that everybody may ask for; one that ends in * stands for all that begin so. */
  readonly open: readonly string[]
}

/** Authentication and authorization are the API server's, as the reference's components have it. */
export function componentHandler({ reviews, pages, open }: ComponentHandlerOptions): ApiHandler {
  const exact = new Set(open.filter((path) => !path.endsWith('*'))), beginnings = open.filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1))
  const isOpen = (path: string) => exact.has(path) || beginnings.some((beginning) => path.startsWith(beginning))
  return async (request) => {
    try {
      if (!isOpen(request.path)) await reviews.check(request)
      return await pages(request)
    } catch (error) {
      if (error instanceof ReviewFailed) return serverError(request, error.message)
      if (error instanceof ApiError) return errorAnswer(error, request, false)
      throw error
    }
  }
}
